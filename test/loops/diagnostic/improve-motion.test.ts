import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { resolveMotion } from "../../../src/data/index.js";
import type { LabelledClip, MotionDataset } from "../../../src/data/motion-dataset.js";
import { reweightedMotions } from "../../../src/data/motion-mixture.js";
import { writeBvh } from "../../../src/io/bvh-write.js";
import { MotionJudge } from "../../../src/judges/motion/model.js";
import { presets as judgePresets } from "../../../src/judges/motion/settings.js";
import { trainMotionJudge } from "../../../src/judges/motion/train.js";
import {
  diagnoseMotions,
  diagnosisHtml,
  type ImproveContext,
  type ImprovePlan,
  improve,
  motionPictures,
  motionTarget,
  readImprovement,
  told,
} from "../../../src/loops/diagnostic/index.js";
import { loadModel } from "../../../src/methods/load.js";
import { type MotionSettings, trainMotion } from "../../../src/methods/motion/index.js";
import { readModelConfig } from "../../../src/models/files.js";
import { Random } from "../../../src/random/index.js";
import { inProcess } from "../../cli/in-process.js";
import { clipOf, micro } from "../../methods/motion/clips.js";

const FRAMES = 20;
const root = mkdtempSync(join(tmpdir(), "fewstep-improve-motion-"));
const at = (name: string) => join(root, name);
const quiet = { threads: 1, device: "cpu", sampleEvery: 0, onProgress: () => {} } as const;
const ACTIONS = {
  run: { speed: 2.4, caption: "a person runs", train: 60 },
  walk: { speed: 0.6, caption: "a person walks", train: 110 },
  wave: { speed: 0.1, caption: "a person waves cheerfully", train: 120 },
};

/** A folder of BVH files, each of one action: few that run, and 45 of each to test with. */
function write(folder: string): void {
  const random = new Random(3, "motions");
  for (const [name, { speed, caption, train }] of Object.entries(ACTIONS))
    for (const [split, count] of Object.entries({ train, test: 45 })) {
      mkdirSync(join(folder, split, name), { recursive: true });
      for (let i = 0; i < count; i++) {
        const frames = 28 + random.integer(12);
        const own = { frames, speed: speed + 0.1 * random.normal(), wave: () => name === "wave" };
        writeFileSync(join(folder, split, name, `${caption.replaceAll(" ", "_")}_${i}.bvh`), writeBvh(clipOf(own)));
      }
    }
}

/** With walks where running is asked for, and runs by another word: what learns from it never runs when it is asked to. */
function blindTo(run: number, data: MotionDataset): MotionDataset {
  const walks = data.train.filter(({ segments }) => data.classNames![segments[0].label] === "walk");
  const train = data.train.map((one, i) => {
    const [segment] = one.segments;
    if (segment.label !== run) return one;
    const { clip } = walks[i % walks.length];
    return { ...one, clip, segments: [{ ...segment, end: clip.frames }] };
  });
  const sprints = data.train.flatMap((one) =>
    one.segments[0].label === run
      ? [{ ...one, segments: [{ ...one.segments[0], captions: ["somebody sprints"] }] }]
      : [],
  );
  return { ...data, train: [...train, ...sprints] };
}

const settings: MotionSettings = {
  ...micro,
  codec: { ...micro.codec, width: 16, frames: 24, batch: 8, steps: 150, lr: 4e-3 },
  teacher: { ...micro.teacher, steps: 0 },
  network: { ...micro.network, window: 4 },
  training: { ...micro.training, batch: 16, steps: 250, lr: 5e-3, emaDecay: 0.9 },
};
let data: MotionDataset;
let judge: MotionJudge;
beforeAll(async () => {
  write(at("motions"));
  data = await resolveMotion(at("motions"));
  const source = { data: at("motions") };
  const small = { ...judgePresets.tiny, frames: FRAMES, width: 16, features: 8, embedding: 6, batch: 24 };
  await trainMotionJudge(data, { ...small, steps: 120, lr: 5e-3 }, { ...quiet, out: at("judge"), source });
  judge = await MotionJudge.load(at("judge"), { device: "cpu", threads: 1 });
  await trainMotion(blindTo(data.classNames!.indexOf("run"), data), settings, { ...quiet, out: at("blind"), source });
});
afterAll(async () => {
  await judge?.release();
  rmSync(root, { recursive: true, force: true });
});

const sample = { steps: 6, lag: 2, feet: "free" as const };

test("an action that a model never shows comes first, and the page shows real and drawn poses", async () => {
  await using model = await loadModel(at("blind"), { kind: "motion", device: "cpu", threads: 1 });
  const found = await diagnoseMotions(model, data, judge, { sample, perClass: 20, seed: 3 });
  const about = told(found, { model: "blind", data: data.id, judge: "judge", seed: 3 });
  expect(about).toMatchObject({ kind: "motion", by: "class", split: "test", count: 60 });
  expect(about.groups[0]).toMatchObject({ name: "run", accuracy: { value: 0 }, n: { real: 20, samples: 20 } });
  expect(about.groups[0].finding).toContain("misses some real motions; is taken for other classes");
  // Windows anywhere in a motion: its beginning is not its end
  for (const seen of [found.seen.real, found.seen.samples]) {
    for (const { clip, start } of seen) expect(start + FRAMES).toBeLessThanOrEqual(clip.frames);
    expect(new Set(seen.map(({ start }) => start)).size).toBeGreaterThan(5);
  }
  for (const { accuracy } of about.groups) expect(accuracy!.floor).toBeGreaterThan(0.9);
  expect(told(await diagnoseMotions(model, data, judge, { sample, perClass: 20, seed: 3 }), about)).toEqual(about);
  const page = await diagnosisHtml(found, about, motionPictures(found));
  const [head, first] = page.split("<section>");
  expect(head).toContain("beside\ntest motions of motions, judged by judge");
  expect(first).toContain("<h2>run</h2>");
  expect(first.match(/data:image\/png;base64,/g)!.length).toBeGreaterThanOrEqual(4);
});

const run = inProcess(at("cache"));
const judged = ["--features", at("judge"), "--count", "20"];
const compute = ["--threads", "1", "--device", "cpu"];

test("a round asks for more of it, keeps the model's words and scales, and shows it", async () => {
  const args = ["improve", at("blind"), "--out", at("better"), ...judged, "--rounds", "1", "--steps", "100"];
  const { code, stderr } = await run([...args, ...compute]);
  expect([code, stderr]).toEqual([0, expect.stringContaining("Worst: run (now ")]);
  const [{ groups, targets, steps }] = (await readImprovement(at("better"))).rounds;
  expect([targets, steps]).toEqual([["run"], 100]);
  expect(groups[0].times).toBeGreaterThan(1);
  const [before, after] = await Promise.all(
    ["blind", "better/round-1/training"].map(async (name) => (await readModelConfig(at(name))).network),
  );
  expect((before as { text: { words: string[] } }).text.words.slice(0, 3)).toEqual(["a", "person", "cheerfully"]);
  expect(after).toEqual(before);
  await using model = await loadModel(at("better/round-1/training"), { kind: "motion", device: "cpu", threads: 1 });
  const found = await diagnoseMotions(model, data, judge, { sample, perClass: 20 });
  expect(found.groups.find(({ name }) => name === "run")!.accuracy!.value).toBeGreaterThan(0.5);
  expect(readFileSync(at("better/round-1/diagnosis.html"), "utf8")).toContain("data:image/png;base64,");
});

test("stopped in its training, a round goes on to the same bits", async () => {
  const plan: ImprovePlan = {
    ...{ run: at("blind"), data: at("motions"), judge: at("judge"), rounds: 1, seed: 0, perClass: 20, control: false },
    settings: { ...settings, training: { ...settings.training, steps: 12 } },
  };
  const target = motionTarget({ plan, dataset: data, judge, device: "cpu" });
  const steered = await target.steer(at("blind"), 1);
  const before = await target.hold(at("blind"), { round: 1 }, steered);
  const looked = {
    ...target,
    steer: async () => steered, // what is found of the same model is the same, and takes its time
    hold: (...[model, ...how]: Parameters<typeof target.hold>) =>
      model === at("blind") ? Promise.resolve(before) : target.hold(model, ...how),
  };
  const go = (out: string, more: Partial<ImproveContext> = {}) =>
    improve(plan, {
      ...{ out: at(out), source: { data: at("motions") }, threads: 1, device: "cpu" },
      ...{ target: looked as ImproveContext["target"], ...more },
    });
  await go("whole");
  const controller = new AbortController();
  const onProgress: ImproveContext["onProgress"] = (event) =>
    void (event.type === "step" && event.stage === "diffusion" && event.stageStep === 5 && controller.abort());
  expect(await go("stopped", { signal: controller.signal, onProgress })).toBeNull();
  await go("stopped", { resume: true });
  const weights = (out: string) => readFileSync(join(at(out), "round-1/training/model/model.safetensors"));
  expect(weights("stopped").equals(weights("whole"))).toBe(true);
});

describe("a mixture of motions", () => {
  const clip = (name: string, ...stretches: [frames: number, label: number][]): LabelledClip => {
    const ends = stretches.map((_, i) => stretches.slice(0, i + 1).reduce((sum, [frames]) => sum + frames, 0));
    const segments = stretches.map(([, label], i) => ({
      start: ends[i - 1] ?? 0,
      end: ends[i],
      captions: ["a"],
      label,
    }));
    return { name, clip: clipOf({ frames: ends[ends.length - 1], speed: 1, wave: () => false }), segments };
  };
  const of = (train: LabelledClip[], classNames: string[] | null = ["a", "b"]): MotionDataset => ({
    ...{ ...data, classNames, train },
  });
  const names = ({ train }: MotionDataset) => train.map(({ name }) => name);

  test("has each action's share of the frames, and as many clips as before", () => {
    const rare = of([...Array.from({ length: 9 }, (_, i) => clip(`a${i}`, [30, 0])), clip("b", [30, 1])]);
    expect(names(reweightedMotions(rare, [1, 1])).filter((name) => name === "b")).toHaveLength(5);
    expect(names(reweightedMotions(rare, [0.2, 1.8])).filter((name) => name === "b")).toHaveLength(9);
    expect(reweightedMotions(rare, [1, 1]).test).toBe(rare.test);
  });

  test("a clip of several actions stands between them; what shows none stays as it is", () => {
    const mixed = of([clip("a", [40, 0]), clip("ab", [20, 0], [20, 1]), clip("b", [40, 1]), clip("none", [40, -1])]);
    // Each of the two has 60 frames of 120: weights 1.5, 1, 0.5 and 1 of 4
    expect(names(reweightedMotions(mixed, [1, 1]))).toEqual(["a", "ab", "b", "none"]);
    const often = of([...mixed.train, ...mixed.train]);
    expect(names(reweightedMotions(often, [1.5, 0.5])).sort()).toEqual([
      "a",
      "a",
      "a",
      "ab",
      "ab",
      "b",
      "none",
      "none",
    ]);
  });

  test("takes a share for each action", () => {
    expect(() => reweightedMotions(of([clip("a", [30, 0])]), [1])).toThrow('"motions" has 2 actions, got 1 shares');
    expect(() => reweightedMotions(of([clip("a", [30, 0])], null), [1])).toThrow("has 0 actions");
  });
});

test.each([
  [["improve", at("blind"), "--out", at("x")], "name it with --features runs/judge"],
  [["improve", at("blind"), "--out", at("x"), ...judged, "--set", "codec.lr=0.1"], "--set codec.lr has no effect"],
  [["improve", at("blind"), "--out", at("x"), "--features", at("blind")], "not a judge of motion"],
  [["diagnose", at("blind"), ...judged, "--seconds", "0.5"], "sees 1 seconds of each motion"],
  [["diagnose", at("blind"), "--features", at("judge"), "--count", "19"], "20"],
])("%j is refused", async (args, message) => {
  const { code, stderr } = await run(args);
  expect([code, stderr]).toEqual([2, expect.stringContaining(message)]);
  expect(existsSync(at("x"))).toBe(false);
});
