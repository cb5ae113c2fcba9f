import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { inProcess } from "../../cli/in-process.js";
import "../../methods/fixtures/class-means.js";
import { type ImageDataset, resolveDataset } from "../../../src/data/index.js";
import { presets } from "../../../src/judges/classifier/settings.js";
import { trainClassifier } from "../../../src/judges/classifier/train.js";
import { classifierExtractor, type Extractor } from "../../../src/judges/extractors/index.js";
import { meanChange, verdict } from "../../../src/loops/diagnostic/gate.js";
import {
  diagnoseImages,
  diagnosisHtml,
  type ImproveContext,
  type ImprovePlan,
  imagePictures,
  imageTarget,
  improve,
  independentJudge,
  told,
} from "../../../src/loops/diagnostic/index.js";
import { loadModel } from "../../../src/methods/load.js";
import { methods } from "../../../src/methods/registry.js";
import { Random } from "../../../src/random/index.js";
import { colours } from "../../methods/pictures.js";

const root = mkdtempSync(join(tmpdir(), "fewstep-improve-"));
const data = colours({ count: 960 }); // 160 red, 320 green, 480 blue; a quarter as many for testing
const source = { data: "colours" };
let judge: Extractor;

/** The data with green pictures where blue ones are asked for: what learns from it never draws blue. */
function blind(): ImageDataset {
  const { train } = data;
  const size = train.pixels.length / train.count;
  const pixels = train.pixels.slice();
  const greens = Array.from(train.labels!).flatMap((label, row) => (label === 1 ? [row] : []));
  for (let row = 0, k = 0; row < train.count; row++)
    if (train.labels![row] === 2) {
      const from = greens[k++ % greens.length];
      pixels.set(train.pixels.subarray(from * size, (from + 1) * size), row * size);
    }
  return { ...data, train: { ...train, pixels } };
}

const means = (name: string, dataset: ImageDataset, settings: object) =>
  methods["class-means"].train(
    dataset,
    { ...methods["class-means"].presets.tiny, ...settings },
    { out: join(root, name), name, threads: 1, sampleEvery: 0 },
  );

beforeAll(async () => {
  const settings = { ...presets.tiny, widths: [8, 16, 16] as [number, number, number], features: 12, batch: 40 };
  await trainClassifier(data, { ...settings, steps: 40, lr: 4e-3 }, { out: join(root, "judge"), threads: 1 });
  judge = await classifierExtractor(join(root, "judge"), data);
  await means("blind", blind(), { steps: 80 });
  await means("raw", data, { steps: 1 });
  await means("done", data, { steps: 150 });
});
afterAll(async () => {
  await judge?.release();
  rmSync(root, { recursive: true, force: true });
});

const plan = (run: string, more: Partial<ImprovePlan> = {}): ImprovePlan => ({
  run: join(root, run),
  data: "colours",
  judge: join(root, "judge"),
  rounds: 1,
  seed: 0,
  perClass: 30,
  settings: { ...methods["class-means"].presets.tiny, steps: 150 },
  control: false,
  ...more,
});
const improving = (
  asked: ImprovePlan,
  out: string,
  { dataset = data, ...more }: Partial<ImproveContext> & { dataset?: ImageDataset } = {},
) => {
  const target = imageTarget({ plan: asked, dataset, judge }) as ImproveContext["target"];
  return improve(asked, { ...{ out: join(root, out), source, threads: 1, target }, ...more });
};

test("a class that a model never draws comes first, and the page shows what is missed", async () => {
  await using model = await loadModel(join(root, "blind"), { kind: "image" });
  const found = await diagnoseImages(model, data, judge, { perClass: 30, seed: 3 });
  const about = told(found, { model: "blind", data: data.id, judge: judge.name, seed: 3 });
  expect(about.groups[0]).toMatchObject({ name: "blue", accuracy: { value: 0 }, coverage: { value: 0 } });
  expect(about.groups.slice(1).map(({ accuracy }) => accuracy!.value)).toEqual([1, 1]);
  expect(JSON.stringify(about).length).toBeLessThan(10_000); // no rows, no pictures
  expect(told(await diagnoseImages(model, data, judge, { perClass: 30, seed: 3 }), about)).toEqual(about);
  const page = await diagnosisHtml(found, about, imagePictures(found, data));
  const [, first] = page.split("<section>");
  expect(first).toContain("<h2>blue</h2>");
  expect(first.match(/data:image\/png;base64,/g)!.length).toBeGreaterThanOrEqual(4);
});

describe("rounds", () => {
  test("a model that can become better does: the round is kept, with why, and is the result", async () => {
    const said: string[] = [];
    const state = await improving(plan("raw", { control: true }), "better", { say: (text) => said.push(text) });
    const [{ kept, why, comparison, control, steps, targets }] = state!.rounds;
    expect(kept).toBe(true);
    expect(targets).toHaveLength(1);
    expect(steps).toBe(150);
    expect(comparison.targets.interval[0]).toBeGreaterThan(0);
    expect(control!.frechet!.before).toBe(comparison.frechet!.before); // from the same model, on the same images
    expect(said.at(-1)).toBe(`Round 1 is kept: ${why}.`);
    expect(state!.best).toBe(join(root, "better/round-1/training"));
    expect(state!.final!.targets.value).toBeGreaterThan(0);
    expect(state!.ended).toBe("all 1 rounds are done");
    const weights = (run: string) => readFileSync(join(root, run, "model/model.safetensors"));
    expect(weights("better")).toEqual(weights("better/round-1/training"));
    expect(readFileSync(join(root, "better/report.html"), "utf8")).toContain("Round 1: kept");
    await expect(improving(plan("raw"), "better")).rejects.toThrow(/already holds an improvement/);
  });

  test("a model that is as good as it can be stays what it is, and two such rounds are enough", async () => {
    const state = await improving(plan("done", { rounds: 5 }), "same");
    expect(state!.rounds.map(({ kept }) => kept)).toEqual([false, false]);
    expect(state!.ended).toBe("two rounds in succession were not kept");
    expect(state!.best).toBe(join(root, "done"));
    expect(state!.final).toBeNull();
    expect(state!.rounds[0].why).toMatch(/not better beyond its interval/);
  });

  test("stopped while it looks at a model, it says so as after any stop, and goes on", async () => {
    const controller = new AbortController();
    const looked = async () => {
      controller.abort();
      controller.signal.throwIfAborted();
    };
    const target = { ...imageTarget({ plan: plan("raw"), dataset: data, judge }), steer: looked };
    const stopping = { target: target as ImproveContext["target"], signal: controller.signal };
    expect(await improving(plan("raw"), "looking", stopping)).toBeNull();
    const state = await improving(plan("raw"), "looking", { resume: true });
    expect(state!.rounds).toHaveLength(1);
  });

  test("stopped in its training, it goes on to the same state and bits", async () => {
    const controller = new AbortController();
    const stopped = await improving(plan("raw", { control: true }), "stopped", {
      signal: controller.signal,
      onProgress: (event) => event.type === "step" && event.stageStep === 20 && controller.abort(),
    });
    expect(stopped).toBeNull();
    const state = await improving(plan("raw", { control: true }), "stopped", { resume: true });
    const read = (out: string) =>
      JSON.parse(
        readFileSync(join(root, out, "improve.json"), "utf8")
          .replaceAll(join(root, out), "")
          .replaceAll(/"seconds": \d+/g, '"seconds": 0'),
      );
    expect(read("stopped")).toEqual(read("better"));
    expect(readFileSync(join(root, "stopped/model/model.safetensors"))).toEqual(
      readFileSync(join(root, "better/model/model.safetensors")),
    );
    expect(state!.rounds).toHaveLength(1);
  });
});

test("the verdict, by hand", () => {
  const figure = (value: number, margin: number) => ({
    value,
    interval: [value - margin, value + margin] as [number, number],
    floor: 1,
  });
  const change = meanChange([
    { before: figure(0.5, 0.03), after: figure(0.6, 0.04) },
    { before: figure(0.7, 0), after: figure(0.74, 0.12) },
  ]);
  expect(change.value).toBeCloseTo(0.07, 12);
  expect(change.interval[0]).toBeCloseTo(0.07 - 0.065, 12);
  const up = { value: 0.1, interval: [0.05, 0.15] as [number, number] };
  const down = { value: -0.1, interval: [-0.15, -0.05] as [number, number] };
  const level = { value: 0.01, interval: [-0.02, 0.04] as [number, number] };
  const frechet = (after: number) => ({ before: 1, interval: [0.9, 1.1] as [number, number], after });
  const groups: never[] = [];
  expect(verdict({ targets: up, others: level, frechet: frechet(1.05), groups }).kept).toBe(true);
  expect(verdict({ targets: up, others: null, frechet: frechet(0.5), groups }).kept).toBe(true);
  expect(verdict({ targets: level, others: up, frechet: frechet(0.5), groups }).why).toMatch(/not better beyond/);
  expect(verdict({ targets: up, others: down, frechet: frechet(0.5), groups }).why).toMatch(/others .* became worse/);
  expect(verdict({ targets: up, others: level, frechet: frechet(1.2), groups }).why).toMatch(
    /Fréchet .* from 1\.000 to 1\.200/,
  );
});

describe("the command line", () => {
  const folder = join(root, "pictures");
  const run = inProcess(join(root, "cache"));
  const idx = (name: string, sizes: number[], bytes: Uint8Array) => {
    const head = Buffer.alloc(4 + 4 * sizes.length);
    head.writeUInt32BE(0x800 + sizes.length);
    for (const [i, size] of sizes.entries()) head.writeUInt32BE(size, 4 + 4 * i);
    writeFileSync(join(folder, name), Buffer.concat([head, bytes]));
  };

  test("improves a run, says what it kept, is resumed with nothing left to do, and refuses another beginning", async () => {
    mkdirSync(folder, { recursive: true });
    const random = new Random(5);
    for (const [part, count] of [
      ["train", 400],
      ["t10k", 200],
    ] as const) {
      const labels = Uint8Array.from({ length: count }, (_, i) => i % 2);
      const pixels = Uint8Array.from(
        { length: count * 64 },
        (_, j) => 60 + 120 * labels[j >> 6] + (j % 64 === 0 ? 0 : random.integer(20)),
      );
      idx(`${part}-images-idx3-ubyte`, [count, 8, 8], pixels);
      idx(`${part}-labels-idx1-ubyte`, [count], labels);
    }
    const dataset = await resolveDataset(folder);
    const options = { threads: 1, sampleEvery: 0, source: { data: folder } };
    await methods["class-means"].train(
      dataset,
      { ...methods["class-means"].presets.tiny, steps: 1 },
      { ...options, out: join(root, "cli") },
    );
    const small = {
      ...presets.tiny,
      widths: [8, 16, 16] as [number, number, number],
      features: 12,
      batch: 40,
      steps: 40,
    };
    await trainClassifier(dataset, small, { ...options, out: join(root, "grey-judge") });
    const out = join(root, "cli-better");
    const asked = ["--features", join(root, "grey-judge"), "--count", "40"];
    const diagnosed = await run([
      "diagnose",
      join(root, "cli"),
      ...asked,
      "--report",
      join(root, "page.html"),
      "--json",
    ]);
    expect(diagnosed.stderr).toContain("page.html");
    expect(JSON.parse(diagnosed.stdout).groups).toHaveLength(2);
    const improved = await run([
      "improve",
      join(root, "cli"),
      "--out",
      out,
      ...asked,
      "--rounds",
      "1",
      "--steps",
      "120",
      "--threads",
      "1",
    ]);
    expect(improved.code, improved.stderr).toBe(0);
    expect(improved.stderr).toMatch(/1 round of 1 kept; all 1 rounds are done/);
    const again = await run(["improve", "--resume", out, "--json"]);
    const { best, status, plan } = JSON.parse(again.stdout);
    expect({ best, status, steps: plan.settings.steps }).toEqual({
      best: join(out, "round-1/training"),
      status: "finished",
      steps: 120,
    });
    const other = await run(["improve", join(root, "grey-judge"), "--resume", out]);
    expect(other.code).toBe(2);
    expect(other.stderr).toMatch(/leave out the model/);
  });
});

describe("refused", () => {
  test("data with too few test images to decide by", async () => {
    const few = {
      ...data,
      test: {
        ...data.test,
        count: 60,
        labels: data.test.labels!.slice(0, 60),
        pixels: data.test.pixels.slice(0, 60 * 192),
      },
    };
    await expect(improving(plan("raw"), "few", { dataset: few })).rejects.toThrow(
      /too few test images.* 40 of a class/,
    );
  });

  test("a folder that holds a run, such as the one that is improved", async () => {
    await expect(improving(plan("raw"), "raw")).rejects.toThrow(/already holds a run or a model/);
    expect(existsSync(join(root, "raw/improve.json"))).toBe(false);
  });

  test("a judge that is pixels, or of the run itself or of one that it took networks from", async () => {
    await using model = await loadModel(join(root, "raw"), { kind: "image" });
    const about = { location: join(root, "raw"), config: model.config };
    await expect(independentJudge("pixel-pca", data, about)).rejects.toThrow(/trained on pixels/);
    await expect(independentJudge(join(root, "raw"), data, about)).rejects.toThrow(/would judge itself/);
    const { training } = model.config;
    const settings = { featuresFrom: join(root, "judge") };
    const taken = { ...about, config: { ...model.config, training: { ...training, settings } } };
    await expect(independentJudge(join(root, "judge"), data, taken)).rejects.toThrow(/would judge itself/);
    const other = await independentJudge(join(root, "judge"), data, about);
    await other.release();
  });

  const run = inProcess(join(root, "cache"));
  test.each([
    [["improve", "drifting-fashion", "--out", "x"], /no folder of a finished run/],
    [["improve", "--out", "x"], /Say what to improve/],
    [["improve", "x"], /Say where it goes/],
    [["improve", "--resume", "nowhere"], /no improvement in nowhere/],
    [["improve", "--resume", "x", "--steps", "3"], /leave out --steps/],
    [["diagnose", "walker"], /draws motions.*name it with --features/],
    [["diagnose", "talk"], /draws gestures, which are of no classes/],
    [["diagnose", "drifting-fashion", "--report", "page.txt"], /\.html/],
    [["diagnose", "drifting-fashion", "--count", "5"], /at least 20/],
  ])("%j", async (args, message) => {
    const { code, stderr } = await run(args);
    expect(code).toBe(2);
    expect(stderr).toMatch(message);
    expect(existsSync("x")).toBe(false);
  });

  test("images have no answers that could be rewarded", async () => {
    const { code, stderr } = await run(["improve", join(root, "done"), "--out", "x", "--reinforce", "3"]);
    expect([code, stderr]).toEqual([2, expect.stringContaining("leave out --reinforce")]);
    expect(existsSync("x")).toBe(false);
  });

  test("a method that cannot be trained on is named, with those that can", async () => {
    const { code, stderr } = await run(["improve", join(root, "judge"), "--out", join(root, "none")]);
    expect(code).toBe(2);
    expect(stderr).toMatch(
      /"classifier" models cannot be trained on yet; those of drifting, sphere, discrete, flow, motion.* can/,
    );
  });
});
