import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { wordsOf } from "../../src/data/motion/words.js";
import { MotionJudge } from "../../src/judges/motion/model.js";
import { alikeOf, contrast } from "../../src/judges/motion/objective.js";
import { presets } from "../../src/judges/motion/settings.js";
import { JUDGED } from "../../src/judges/motion/shape.js";
import { trainMotionJudge } from "../../src/judges/motion/train.js";
import { judgedRows, scaleOf, shownIn } from "../../src/judges/motion/windows.js";
import { encodeTexts, unreadShare, vocabularyOf } from "../../src/judges/motion/words.js";
import { features, multimodalDistance } from "../../src/metrics/index.js";
import { toFeatures } from "../../src/motion/index.js";
import { compile } from "../../src/runtime/index.js";
import { clips } from "../methods/motion/clips.js";

const FRAMES = 20;
const root = mkdtempSync(join(tmpdir(), "fewstep-motion-judge-"));
const out = join(root, "run");
const data = { ...clips(24), test: clips(36).train };
const settings = { ...presets.tiny, frames: FRAMES, clips: 0.75, width: 16, features: 8, embedding: 6, batch: 16 };
let judge: MotionJudge;

beforeAll(async () => {
  await trainMotionJudge(data, { ...settings, steps: 120, lr: 5e-3 }, { out, name: "judge", threads: 1 });
  judge = await MotionJudge.load(out, { threads: 1 });
});
afterAll(async () => {
  await judge.release();
  rmSync(root, { recursive: true, force: true });
});

const shown = shownIn(data.test, FRAMES);
const windows = Float32Array.from(
  shown.flatMap(({ rows, start }) => [...rows.subarray(start * JUDGED, (start + FRAMES) * JUDGED)]),
);

test("a short training tells actions apart, and its model says how well", async () => {
  const { training, motion, classNames } = judge.config;
  expect({ motion, classNames }).toEqual({ motion: { fps: 20 }, classNames: null });
  expect(judge.shape.actions).toEqual(data.classNames);
  expect(training.testAccuracy).toBeGreaterThan(0.9);
  const { logits } = await judge.judge(windows);
  const right = shown.filter(({ label }, i) => logits[2 * i + label] > logits[2 * i + 1 - label]);
  expect(right.length / shown.length).toBeGreaterThan(0.9);
});

test("texts stand nearer to their own motions than to others'", async () => {
  const { places } = await judge.judge(windows);
  const captions = shown.map(({ captions }) => captions[0]);
  const [texts, motions] = [features(await judge.read(captions), 6), features(places, 6)];
  const waving = captions.indexOf("a person waves");
  const walking = captions.findIndex((caption) => caption !== "a person waves");
  const swapped = captions.map((caption) => captions[caption === "a person waves" ? walking : waving]);
  const wrong = features(await judge.read(swapped), 6);
  expect(multimodalDistance(texts, motions)).toBeLessThan(0.6 * multimodalDistance(wrong, motions));
  for (let i = 0; i < texts.count; i++) {
    expect(Math.hypot(...texts.data.subarray(6 * i, 6 * i + 6))).toBeCloseTo(1, 4);
    expect(Math.hypot(...motions.data.subarray(6 * i, 6 * i + 6))).toBeCloseTo(1, 4);
  }
});

test("R-precision is told where there are 32 test windows", () => {
  const precision = judge.config.training.testPrecision as number[];
  expect(shown.length).toBeGreaterThanOrEqual(32);
  expect(precision).toHaveLength(3);
  expect(precision[2]).toBeGreaterThan(3 / 32);
});

test("a window of a clip is judged as in a batch; a wrong one is refused", async () => {
  const { clip, segments } = data.test[5];
  const { start } = segments[0];
  const { features: alone } = await judge.judge(judge.windowOf(clip, start));
  const { features: all } = await judge.judge(windows);
  const at = shownIn(data.test.slice(0, 5), FRAMES).length;
  for (let i = 0; i < 8; i++) expect(alone[i]).toBeCloseTo(all[8 * at + i], 4);
  expect(() => judge.windowOf(clip, clip.frames - FRAMES + 1)).toThrow("does not lie within");
  expect(() => judge.windowOf({ ...clip, fps: 30 })).toThrow("20 frames a second, not 30");
  await expect(judge.judge(windows.subarray(1))).rejects.toThrow("no whole windows of 20 frames");
});

test("the judge sees the first 67 features and nothing of rotations", () => {
  const { clip } = data.train[0];
  const rows = judgedRows(clip);
  expect(rows).toHaveLength(clip.frames * JUDGED);
  expect(rows.subarray(3 * JUDGED, 4 * JUDGED)).toEqual(toFeatures(clip).subarray(3 * 203, 3 * 203 + 67));
});

test("windows lie within segments that have an action and are long enough", () => {
  const [{ clip, name }] = data.train;
  const segments = [
    { start: 0, end: 30, captions: ["a"], label: 1 },
    { start: 30, end: 40, captions: ["b"], label: 0 },
    { start: 40, end: clip.frames, captions: ["c"], label: -1 },
  ];
  const found = shownIn([{ clip, name, segments }], 20);
  expect(found.map(({ start, end, label }) => [start, end, label])).toEqual([[0, 30, 1]]);
  const { mean, deviation } = scaleOf(found);
  expect(mean[3]).toBeCloseTo(0.98, 4); // the root's height
  expect(deviation[3]).toBe(1e-3);
  expect(deviation[2]).toBeGreaterThan(2e-3); // its way ahead begins with 0
});

test("the contrast is the symmetric cross-entropy of products; captions that are alike share", async () => {
  expect([...alikeOf(["a", "b", "a"])]).toEqual([0.5, 0, 0.5, 0, 1, 0, 0.5, 0, 0.5]);
  const program = compile(
    { m: [2, 2], t: [2, 2], s: [1], alike: [2, 2] },
    ({ m, t, s, alike }) => ({ loss: contrast(m, t, s, alike) }),
    { threads: 1 },
  );
  const [m, t] = [Float32Array.of(1, 0, 0, 1), Float32Array.of(0.6, 0.8, 0, 1)];
  const { loss } = await program.run({ m, t, s: Float32Array.of(Math.log(2)), alike: Float32Array.of(1, 0, 0, 1) });
  await program.release();
  // products [[0.6, 0], [0.8, 1]] twice as large
  const log = (own: number, other: number) => Math.log(1 + Math.exp(2 * (other - own)));
  const rows = (log(0.6, 0) + log(1, 0.8)) / 2;
  const columns = (log(0.6, 0.8) + log(1, 0)) / 2;
  expect(loss[0]).toBeCloseTo((rows + columns) / 2, 5);
});

test("words are read without their case; those that it does not know are unknown, and every text is read", () => {
  expect(wordsOf("A person's LEFT-hand waves, twice!")).toEqual(["a", "person's", "left", "hand", "waves", "twice"]);
  expect(vocabularyOf(["b a", "c b a a"])).toEqual({ words: ["a", "b", "c"], length: 4 });
  expect([...encodeTexts(["B x a"], ["a", "b"], 4)]).toEqual([3, 1, 2, 0]);
  expect([...encodeTexts(["x y", " ", "走る"], ["a"], 2)]).toEqual([1, 1, 1, 0, 1, 0]);
  expect([...encodeTexts(["a b a"], ["a"], 2)]).toEqual([2, 1]);
  expect(unreadShare(["a b", "x y", "", "A"], ["a"])).toBe(0.5);
});

test("data that teach no judge are refused before anything is written", async () => {
  const none = { out: join(root, "none") };
  const steps = { ...settings, steps: 2 };
  await expect(trainMotionJudge({ ...data, classNames: null }, steps, none)).rejects.toThrow("no two actions");
  await expect(trainMotionJudge(data, { ...steps, frames: 500 }, none)).rejects.toThrow(
    'None of 17 clips of "clips" shows one action for 500 frames',
  );
  await expect(MotionJudge.load(new URL("../../models/flow-fashion", import.meta.url).pathname)).rejects.toThrow(
    "not a judge of motion",
  );
});

/** The data with captions of some segments changed. */
const recaptioned = (all: typeof data.train, caption: (old: string, number: number) => string) =>
  all.map((one, i) => ({
    ...one,
    segments: one.segments.map((segment) => ({ ...segment, captions: segment.captions.map((old) => caption(old, i)) })),
  }));

test("captions without a word that it knows are read as unknown, of training clips and of test clips", async () => {
  const place = { out: join(root, "unknown"), threads: 1 };
  const train = recaptioned(data.train, (old, i) => (i % 3 === 0 ? "走る" : old));
  const test = recaptioned(data.test, (old, i) => (i % 2 === 0 ? "somersaults" : old));
  await trainMotionJudge({ ...data, train, test }, { ...settings, steps: 4 }, place);
  const trained = await MotionJudge.load(place.out, { threads: 1 });
  expect(trained.config.training.testPrecision).toHaveLength(3);
  expect(trained.config.training.testUnread).toBeCloseTo(0.5, 1);
  await trained.release();
  const none = { ...data, train: recaptioned(data.train, () => "走る") };
  await expect(trainMotionJudge(none, { ...settings, steps: 4 }, { out: join(root, "none") })).rejects.toThrow(
    'No caption of "clips" has a word of Latin letters',
  );
});

test("captions of test clips may be longer than those that it learns from", async () => {
  const long = "a person waves and waves and waves and waves and waves and waves";
  const longer = data.test.map((one) => ({
    ...one,
    segments: one.segments.map((segment) => ({ ...segment, captions: [long] })),
  }));
  const place = { out: join(root, "long"), threads: 1 };
  await trainMotionJudge({ ...data, test: longer }, { ...settings, steps: 2 }, place);
  const trained = await MotionJudge.load(place.out, { threads: 1 });
  expect(trained.shape.length).toBe(wordsOf(long).length);
  expect(trained.config.training.testPrecision).toHaveLength(3);
  await trained.release();
});
