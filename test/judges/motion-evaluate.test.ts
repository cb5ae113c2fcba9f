import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { evaluateMotion, type MotionReference, measureMotionReference } from "../../src/judges/motion/evaluate.js";
import { accuracyOf, actionsOf, judgeMotions, judgeReal, multimodalityOf } from "../../src/judges/motion/judged.js";
import { MotionJudge } from "../../src/judges/motion/model.js";
import { presets } from "../../src/judges/motion/settings.js";
import { trainMotionJudge } from "../../src/judges/motion/train.js";
import { features } from "../../src/metrics/index.js";
import type { Clip } from "../../src/motion/index.js";
import { Random } from "../../src/random/index.js";
import { clips } from "../methods/motion/clips.js";
import { madeModel } from "../methods/motion/made.js";

const FRAMES = 20;
const root = mkdtempSync(join(tmpdir(), "fewstep-motion-evaluate-"));
const out = join(root, "run");
const data = { ...clips(40), test: clips(36).train };
const settings = { ...presets.tiny, frames: FRAMES, clips: 0.75, width: 16, features: 8, embedding: 6, batch: 16 };
const model = madeModel();
let judge: MotionJudge;
let reference: MotionReference;

beforeAll(async () => {
  await trainMotionJudge(data, { ...settings, steps: 120, lr: 5e-3 }, { out, name: "judge", threads: 1 });
  judge = await MotionJudge.load(out, { device: "cpu", threads: 1 });
  reference = await measureMotionReference(data, judge);
});
afterAll(async () => {
  await judge.release();
  await model.release();
  rmSync(root, { recursive: true, force: true });
});

const short = { count: 40, steps: 2, lag: 1 };

describe("a model of motion is measured", () => {
  test("beside real motions, each figure by its name", async () => {
    const evaluation = await evaluateMotion(model, reference, { sample: { ...short, seed: 3 }, resamples: 20 });
    const { metrics, ...about } = evaluation;
    // 32 frames are 3 blocks of 12: 2 + 2 · 1 calls, each with and without the text
    expect(about).toEqual({ model: "made", data: "clips", judge: "judge", count: 40, nfe: 8, leftOut: [], seed: 3 });
    expect(metrics.map(({ name }) => name)).toEqual([
      "Fréchet distance on judge",
      "Accuracy of the classifier of judge",
      "R-precision, top 1 of 32",
      "R-precision, top 2 of 32",
      "R-precision, top 3 of 32",
      "MM-Dist (text to motion)",
      "Diversity",
      "MultiModality (within an action)",
      "Jerk (m a frame³)",
      "Foot skating (share of frames)",
    ]);
    expect(metrics.every(({ value, floor, n }) => Number.isFinite(value) && Number.isFinite(floor) && n === 40)).toBe(
      true,
    );
    const figure = (name: string) => metrics.find((one) => one.name.startsWith(name))!;
    expect(figure("Fréchet").value).toBeGreaterThan(5 * figure("Fréchet").floor!);
    expect(figure("Accuracy").floor).toBeGreaterThan(0.9);
    expect(figure("Accuracy").value).toBeLessThan(0.9);
    expect(figure("MM-Dist").value).toBeGreaterThan(figure("MM-Dist").floor!);
    // Motions of one action are nearer to each other than motions of any
    expect(figure("MultiModality").floor).toBeLessThan(0.8 * figure("Diversity").floor!);
    expect(figure("Jerk").interval![0]).toBeGreaterThan(figure("Jerk").floor!);
  });

  test("the same way every time, and otherwise with another seed", async () => {
    const again = (seed: number) => evaluateMotion(model, reference, { sample: { ...short, seed }, resamples: 0 });
    const [one, two, other] = [await again(1), await again(1), await again(2)];
    expect(two).toEqual(one);
    expect(other.metrics[0].value).not.toEqual(one.metrics[0].value);
    expect(one.metrics.every(({ name, interval }) => interval === null || name.startsWith("Accuracy"))).toBe(true);
  });

  test("unless it cannot be", async () => {
    const attempt = (sample: object) => evaluateMotion(model, reference, { sample: { ...short, ...sample } });
    await expect(attempt({ prompt: "a person walks" })).rejects.toThrow("leave out prompt");
    await expect(attempt({ count: 31 })).rejects.toThrow("at least 32 motions, got 31");
    await expect(attempt({ seconds: 0.9 })).rejects.toThrow("judge sees 1 seconds of each motion");
    await expect(attempt({ lag: 5 })).rejects.toThrow("lag is at most steps (2)");
    await expect(measureMotionReference({ ...data, classNames: ["a", "b"] }, judge)).rejects.toThrow(
      "judge tells other actions apart (walk, wave, …) than those of clips; train a judge on these data",
    );
    await expect(measureMotionReference({ ...data, fps: 30 }, judge)).rejects.toThrow(
      "20 frames a second; clips has 30",
    );
    await expect(measureMotionReference({ ...data, test: data.test.slice(0, 9) }, judge)).rejects.toThrow(
      "the test clips of clips show one action for 20 frames",
    );
  });
});

test("MultiModality is the mean distance of motions of one action, of actions that have two", () => {
  const of = (places: readonly [label: number, place: number][]) => ({
    ...reference.test,
    asked: places.map(([label]) => ({ label, prompt: "" })),
    features: features(Float32Array.from(places.flatMap(([, place]) => [place, 0])), 2),
  });
  const some = of([
    [0, 0],
    [1, 10],
    [0, 3],
    [2, 50],
    [0, 9],
    [1, 14],
  ]);
  expect([...actionsOf(some)].sort()).toEqual([0, 1]);
  expect(multimodalityOf(some, actionsOf(some))).toBeCloseTo((6 + 4) / 2, 10); // (3 + 9 + 6) / 3 and 4
  expect(multimodalityOf(some, new Set([1]))).toBe(4);
});

test("the last windows of motions are judged as they are where they stand in real clips", async () => {
  const random = new Random(0, "real").split("test");
  const real = await judgeReal(judge, data.test, { count: 1000, random });
  const upTo = ({ clip, end }: { clip: Clip; end: number }): Clip => ({
    ...clip,
    frames: end,
    root: clip.root.slice(0, 3 * end),
    rotations: clip.rotations.slice(0, 4 * clip.skeleton.names.length * end),
  });
  const cut = data.test.flatMap(({ clip, segments }) =>
    segments.map(({ start, label, captions }) => ({
      clip: upTo({ clip, end: start + FRAMES }),
      ask: { label, prompt: captions[0] },
    })),
  );
  const found = await judgeMotions(
    judge,
    cut.map(({ clip }) => clip),
    cut.map(({ ask }) => ask),
  );
  expect(accuracyOf(found)).toBe(accuracyOf(real));
  const sorted = (values: Float32Array) => [...values].map((value) => Number(value.toFixed(3))).sort((a, b) => a - b);
  expect(sorted(found.features.data)).toEqual(sorted(real.features.data));
});
