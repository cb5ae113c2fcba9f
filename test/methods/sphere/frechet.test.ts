import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  loadSphere,
  presets,
  type SphereSettings,
  sphereNetwork,
  sphereSettings,
  trainSphere,
} from "../../../src/methods/sphere/index.js";
import { idleSettings } from "../../../src/methods/sphere/settings.js";
import { batches } from "../../../src/methods/sphere/stages.js";
import { Random } from "../../../src/random/index.js";
import type { TrainOptions } from "../../../src/train/index.js";
import { ranksTogether } from "../../fixtures/ranks.js";
import { shapes } from "../pictures.js";
import { untrainedShape } from "./untrained.js";

const start: SphereSettings = {
  ...presets.tiny,
  network: {
    ...{ kind: "conv", latent: 8, encoder: [8, 8], hidden: 32, decoder: [8, 8, 4], trunk: 32 },
    ...{ encoderBlocks: 1, decoderBlocks: 1, condition: 16 },
  } as SphereSettings["network"],
  sampleAngle: 85,
  noise: { kind: "rotation", maxAngle: 60, trainAngle: 90, hardCases: "none" },
  matching: { weight: 0.02, of: "both", from: 0.5, boundary: 70, samples: 16, decay: 0.9, meanDecay: 0.5 },
  features: { task: "mae", width: 8, blocks: [1, 1], stemStride: 2, batch: 16, steps: 3, lr: 2e-3 },
  training: { ...presets.tiny.training, batch: 16, steps: 60, warmup: 5, lr: 4e-3, emaDecay: 0.9 },
};
const folder = mkdtempSync(join(tmpdir(), "sphere-frechet-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const at = (run: string) => join(folder, run);
const posted: SphereSettings = {
  ...start,
  from: at("start"),
  featuresFrom: at("start"),
  frechetStage: { samples: 16, steps: 24, lr: 3e-4, decay: 0.9, meanDecay: 0.5, emaDecay: 0.5 },
};
const quiet = { threads: 1, sampleEvery: 0, onProgress: () => {} };
const rows = (run: string): Record<string, number>[] =>
  readFileSync(join(at(run), "metrics.jsonl"), "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
const weights = (run: string) => readFileSync(join(at(run), "model", "model.safetensors"));
const stages = (run: string) => [...new Set(rows(run).map(({ stage }) => String(stage)))];

beforeAll(async () => {
  await trainSphere(shapes(), start, { out: at("start"), ...quiet });
});

test("from its share of the steps on, both distances stand in the log and fall", () => {
  const steps = rows("start").filter(({ stage }) => String(stage) === "sphere");
  const matched = steps.filter((row) => "samples" in row);
  expect([steps.length, matched.length, matched[0].step]).toEqual([60, 30, steps[30].step]);
  for (const name of ["samples", "reconstructions"]) {
    expect(matched[0][name]).toBeGreaterThan(0);
    for (const family of ["pixels", "pool", "stage1"])
      expect(matched[29][`frechet-${name}-${family}`], `${name} ${family}`).toBeLessThan(
        0.95 * matched[0][`frechet-${name}-${family}`],
      );
  }
});

test("the model knows its angle", async () => {
  const model = await loadSphere(at("start"));
  expect([model.sampleAngle, model.noise]).toEqual([85, { kind: "rotation", maxAngle: 60 }]);
  expect((await model.sample({ count: 2, steps: 2 })).pixels.every(Number.isFinite)).toBe(true);
  await model.release();
});

test("stopped before the term and in the middle of it, training goes on to the same bits", async () => {
  for (let stops = 0, steps = 0; ; stops++, steps = 0) {
    const stop = new AbortController();
    const onProgress: TrainOptions["onProgress"] = ({ type }) => {
      if (type === "step" && ++steps === 24) stop.abort();
    };
    const options = { ...quiet, out: at("stopped"), resume: stops > 0, signal: stop.signal, onProgress };
    if ((await trainSphere(shapes(), start, options)).status === "finished") break;
    expect(stops).toBeLessThan(5);
  }
  expect(weights("stopped").equals(weights("start"))).toBe(true);
});

test("two ranks train the same as one, each comparing all that is drawn", { timeout: 600_000 }, async () => {
  const short = { ...start, featuresFrom: at("start"), training: { ...start.training, steps: 6 } };
  await trainSphere(shapes(), short, { out: at("one"), ...quiet });
  const { all } = ranksTogether(2);
  await Promise.all(all.map((ranks) => trainSphere(shapes(), short, { out: at("two"), ...quiet, ranks })));
  const losses = (run: string) =>
    rows(run)
      .filter(({ stage }) => String(stage) === "sphere")
      .flatMap(({ loss, norm, samples = 1 }) => [loss, norm, samples]);
  const one = losses("one");
  expect(losses("two")).toHaveLength(18);
  // Hardly trained, its maps are so large that they magnify the last bits
  losses("two").forEach((x, i) => void expect(Math.abs(x / one[i] - 1)).toBeLessThan(0.02));
});

test("a finished model's decoder is trained on alone, and what it draws in one step comes closer", async () => {
  await trainSphere(shapes(), posted, { out: at("posted"), ...quiet });
  expect(stages("posted")).toEqual(["mae", "frechet"]);
  const steps = rows("posted").filter(({ stage }) => String(stage) === "frechet");
  const fall = (family: string) => steps[23][`frechet-${family}`] / steps[0][`frechet-${family}`];
  for (const family of ["pool", "stage1", "texture", "grid"]) expect(fall(family), family).toBeLessThan(0.95);
  expect(fall("pixels")).toBeLessThan(1.02); // coarse structure, which was there
  const [before, after] = await Promise.all(["start", "posted"].map((run) => loadSphere(at(run))));
  const pictures = await before.sample({ count: 2, steps: 1 });
  expect(await after.encode(pictures)).toEqual(await before.encode(pictures));
  expect((await after.sample({ count: 2, steps: 1 })).pixels).not.toEqual(pictures.pixels);
  await Promise.all([before.release(), after.release()]);
});

test("a model to begin with needs post-training and its own shape", async () => {
  const options = { out: at("refused"), ...quiet };
  const none = { ...posted, frechetStage: { ...posted.frechetStage, steps: 0 } };
  await expect(trainSphere(shapes(), none, options)).rejects.toThrow("only frechetStage trains it on");
  await expect(trainSphere(shapes(), { ...posted, sampleAngle: null }, options)).rejects.toThrow("has another shape");
  expect(existsSync(at("refused"))).toBe(false);
});

test("angles up to 90° are uniform: one in each equal part, with 0 and 90° themselves", () => {
  const config = { ...start, training: { ...start.training, batch: 12 } };
  const net = sphereNetwork(untrainedShape());
  const { next } = batches({ dataset: shapes(), config, net, latent: 8, maxAngle: 60 }, new Random(1, "angles"));
  const angles = Array.from(next().heavy, (x) => (x * 180) / Math.PI).sort((a, b) => a - b);
  expect(angles[0]).toBe(0);
  expect(angles[11]).toBeCloseTo(90, 5);
  for (let i = 0; i < 10; i++) {
    expect(angles[i + 1]).toBeGreaterThanOrEqual(9 * i);
    expect(angles[i + 1]).toBeLessThanOrEqual(9 * (i + 1) + 1e-4);
  }
});

test("settings that cannot be, or that nothing is for, are refused", () => {
  const wrong = (change: Partial<SphereSettings>) => sphereSettings.safeParse({ ...start, ...change }).error?.message;
  const noise = start.noise;
  expect(wrong({})).toBeUndefined();
  expect(wrong({ noise: { ...noise, kind: "additive" } })).toMatch(/only rotation/);
  expect(wrong({ noise: { ...noise, hardCases: "intended" } })).toMatch(/nothing beyond 90°/);
  expect(wrong({ noise: { ...noise, trainAngle: null, maxAngle: 90, hardCases: "asReleased" } })).toMatch(/beyond 90°/);
  const { tiny } = presets;
  expect(idleSettings(tiny, false)).toEqual(expect.arrayContaining(["matching.boundary", "frechetStage.lr"]));
  expect(idleSettings(tiny, false)).not.toContain("matching.weight");
  expect(idleSettings(start, false)).not.toContain("matching.boundary");
  expect(idleSettings(posted, false)).toEqual(expect.arrayContaining(["training", "weights", "matching"]));
  expect(idleSettings(start, true)).toEqual(expect.arrayContaining(["from", "network", "sampleAngle"]));
  expect(idleSettings({ ...posted, from: null }, false)).not.toContain("training");
});
