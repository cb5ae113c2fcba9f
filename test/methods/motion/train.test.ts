import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { loadModel } from "../../../src/methods/load.js";
import {
  type MotionSettings,
  motionArchitecture,
  motionNetwork,
  trainMotion,
} from "../../../src/methods/motion/index.js";
import { encodeWindows, tokenScaleOf } from "../../../src/methods/motion/latents.js";
import {
  featureClips,
  featureScale,
  rowsOfWindows,
  segmentAt,
  windowsOver,
} from "../../../src/methods/motion/windows.js";
import * as nn from "../../../src/nn/index.js";
import { Random } from "../../../src/random/index.js";
import type { TrainOptions } from "../../../src/train/index.js";
import { clips, micro } from "./clips.js";

const root = mkdtempSync(join(tmpdir(), "fewstep-motion-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

type Row = Record<string, number> & { stage: string };
const rowsOf = (run: string): Row[] =>
  readFileSync(join(root, run, "metrics.jsonl"), "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
const train = (run: string, settings: MotionSettings, options: Partial<TrainOptions> = {}) =>
  trainMotion(clips(), settings, {
    ...{ out: join(root, run), device: "cpu", threads: 1, sampleEvery: 0, onProgress: () => {} },
    ...options,
  });
const lossesOf = (run: string, stage: string) => rowsOf(run).flatMap((row) => (row.stage === stage ? [row.loss] : []));
const mean = (list: number[]) => list.reduce((a, b) => a + b, 0) / list.length;

/** As quick as can be, and long enough that something is learnt. */
const quick: MotionSettings = {
  ...micro,
  codec: { ...micro.codec, width: 16, steps: 80, lr: 4e-3 },
  teacher: { ...micro.teacher, batch: 8, steps: 60, lr: 4e-3 },
  training: { ...micro.training, batch: 8, steps: 80, lr: 4e-3 },
};
beforeAll(async () => {
  await train("quick", quick);
});

test("every stage learns", () => {
  for (const [stage, less] of [
    ["teacher", 0.3],
    ["codec", 0.2],
    ["diffusion", 0.2],
  ] as const) {
    const losses = lossesOf("quick", stage);
    expect(mean(losses.slice(-15)), stage).toBeLessThan(mean(losses.slice(0, 5)) - less);
  }
  const [{ loss }] = rowsOf("quick").filter(({ stage }) => stage === "diffusion");
  expect(loss).toBeGreaterThan(1.5); // velocities of 0 for tokens of variance 1 are 2 off
  expect(loss).toBeLessThan(2.5);
});

test("a trained model draws by what its captions say, and keeps their words", async () => {
  const model = await loadModel(join(root, "quick"), { kind: "motion", device: "cpu", threads: 1 });
  const motions = await model.sample({ prompt: "a person walks quickly", seconds: 2, count: 2, steps: 4, lag: 2 });
  expect(motions.clips.map(({ frames, fps }) => [frames, fps])).toEqual([
    [40, 20],
    [40, 20],
  ]);
  expect(model.config.motion).toEqual({ fps: 20 });
  expect((model.config.network as { text: { words: string[] } }).text.words).toContain("quickly");
  await expect(model.sample({ prompt: "somersault" })).rejects.toThrow("has no word that this model knows");
  await model.release();
});

test("a run can do without a teacher, or take the paper's sums", async () => {
  const steps = 2;
  const short = { ...micro, codec: { ...micro.codec, steps }, training: { ...micro.training, steps } };
  await train("alone", { ...short, teacher: { ...micro.teacher, steps: 0 } });
  expect(new Set(rowsOf("alone").map(({ stage }) => stage))).toEqual(new Set(["codec", "diffusion"]));
  expect(rowsOf("alone").every((row) => !("align" in row))).toBe(true);
  await train("sums", { ...short, codec: { ...short.codec, reduction: "sum" } });
  const [sum] = lossesOf("sums", "codec");
  expect(Math.abs(sum)).toBeGreaterThan(1000); // over 4 · 32 · 203 numbers
  expect(existsSync(join(root, "sums", "model", "model.safetensors"))).toBe(true);
});

test.each(["staircase", "mixed"] as const)("noise can be drawn on a %s, with a window", async (levels) => {
  await train(levels, {
    ...micro,
    teacher: { ...micro.teacher, steps: 0 },
    codec: { ...micro.codec, steps: 1 },
    network: { ...micro.network, attention: "window" },
    training: { ...micro.training, levels, steps: 2 },
  });
  expect(lossesOf(levels, "diffusion").every(Number.isFinite)).toBe(true);
});

test("motions too short to learn from are refused", async () => {
  const none = { ...clips(), train: [] };
  const options = { out: join(root, "none"), onProgress: () => {} };
  await expect(trainMotion(none, micro, options)).rejects.toThrow('"clips" has no motions of 4 frames or more');
});

test("windows lie apart by their stride, the last one ends with its clip, and a short clip stands still at its end", () => {
  const [clip] = featureClips(clips().train);
  const features = clip.rows.length / clip.frames;
  const all = windowsOver([{ ...clip, frames: 70 }], 32, 16);
  expect(all.map(({ start, end }) => [start, end])).toEqual([
    [0, 32],
    [16, 48],
    [32, 64],
    [38, 70],
  ]);
  const [short] = windowsOver([{ ...clip, frames: 6 }], 8, 4);
  expect([short.start, short.end]).toEqual([0, 6]);
  const rows = rowsOfWindows([short], 8, features);
  expect([...rows.slice(0, 6 * features)]).toEqual([...clip.rows.slice(0, 6 * features)]);
  expect([...rows.slice(7 * features, 7 * features + 3)]).toEqual([0, 0, 0]);
  expect([...rows.slice(7 * features + 3)]).toEqual([...clip.rows.slice(5 * features + 3, 6 * features)]);
});

test("frames are shown at mean 0 and deviation 1, but for what hardly changes", () => {
  const all = featureClips(clips().train);
  const { mean: means, deviation } = featureScale(all);
  const values = all.flatMap(({ rows }) => Array.from({ length: rows.length / 203 }, (_, f) => rows[f * 203 + 2]));
  const own = mean(values);
  expect(means[2]).toBeCloseTo(own, 6);
  expect(deviation[2]).toBeCloseTo(Math.sqrt(mean(values.map((v) => (v - own) ** 2))), 6);
  expect(deviation[3]).toBeCloseTo(1e-3, 8); // the root's height never changes
  expect(Math.min(...deviation.slice(4))).toBeCloseTo(1e-2, 8);
});

test("drawn tokens have mean 0 and deviation 1", async () => {
  const all = featureClips(clips(24).train);
  const shape = motionArchitecture.shape.parse({
    fps: 20,
    features: 203,
    codec: { width: 8, latent: 3, depth: 1 },
    text: { words: ["a"], buckets: 1, length: 2, width: 8, heads: 2, blocks: 0 },
    network: micro.network,
  });
  const net = motionNetwork(shape);
  nn.initialize(net, 1);
  const scale = featureScale(all);
  net.frames.mean.value!.set(scale.mean);
  net.frames.deviation.value!.set(scale.deviation);
  const encoded = await encodeWindows(all, shape, net, { device: "cpu", threads: 1 });
  const random = new Random(2);
  const tokens = encoded.flatMap(({ draw }) => [...draw(random)]);
  for (let j = 0; j < 3; j++) {
    const own = tokens.filter((_, i) => i % 3 === j);
    expect(Math.abs(mean(own))).toBeLessThan(0.1);
    expect(mean(own.map((v) => v * v))).toBeCloseTo(1, 0);
  }
  const [own] = encoded;
  const drawn = own.draw(new Random(4));
  const given = { mean: Float32Array.of(5, 0, -1), deviation: Float32Array.of(2, 1, 4) };
  const kept = { mean: net.tokens.mean.value!.slice(), deviation: net.tokens.deviation.value!.slice() };
  const [other] = await encodeWindows(all, shape, net, { device: "cpu", threads: 1 }, given);
  const raw = other.draw(new Random(4)).map((v, i) => v * given.deviation[i % 3] + given.mean[i % 3]);
  for (const [i, value] of raw.entries())
    expect(value).toBeCloseTo(drawn[i] * kept.deviation[i % 3] + kept.mean[i % 3], 4);
  expect(tokenScaleOf(net)).toEqual(given);
  expect(
    encoded.every(({ window, draw }) => draw(random).length === 3 * Math.floor((window.end - window.start) / 4)),
  ).toBe(true);
});

test("a frame shows the segment that it lies in", () => {
  const [clip] = featureClips(clips().train.filter(({ segments }) => segments.length > 1));
  const [{ end }] = clip.segments;
  expect([segmentAt(clip, 0), segmentAt(clip, end - 1), segmentAt(clip, end), segmentAt(clip, 999)]).toEqual([
    0, 0, 1, 1,
  ]);
});
