import { expect, test } from "vitest";
import {
  arriveAt,
  BODY_FEATURES,
  beginningAt,
  cutClip,
  fromFeatures,
  loopOf,
  positionsOf,
  seamJump,
  toFeatures,
} from "../../src/motion/index.js";
import { clipOf } from "../methods/motion/clips.js";

/** Goes round every 20 frames. */
const walk = clipOf({ frames: 160, speed: 1.2, wave: () => false });
const waves = clipOf({ frames: 60, speed: 0, wave: () => true });
const toClip = (rows: Float32Array) => fromFeatures(rows, { fps: 20 });
const looped = (frames: number, drawn = 130) => {
  const rows = toFeatures(cutClip(walk, 0, drawn));
  return { rows, loop: loopOf(rows, frames, 20) };
};

test("a jump is told in steps: none where a motion is only cut, many where it is another one", () => {
  expect(seamJump(cutClip(walk, 0, 73), cutClip(walk, 73))).toBeGreaterThan(0.5);
  expect(seamJump(cutClip(walk, 0, 73), cutClip(walk, 73))).toBeLessThan(1.5);
  expect(seamJump(cutClip(walk, 0, 73), cutClip(walk, 72))).toBeLessThan(0.01);
  expect(seamJump(walk, waves)).toBeGreaterThan(5);
});

test("a loop takes the stretch that goes round, and bends only its end where none does", () => {
  const whole = looped(80);
  expect(seamJump(toClip(whole.loop), toClip(whole.loop))).toBeLessThan(1.6);
  const period = 20 * BODY_FEATURES;
  for (let i = period; i < whole.loop.length; i++)
    if (i % BODY_FEATURES < 199) expect(Math.abs(whole.loop[i] - whole.loop[i - period])).toBeLessThan(1e-4);
  const half = looped(75, 77); // no whole steps, and no choice
  const plain = toClip(half.rows.slice(0, 75 * BODY_FEATURES));
  expect(seamJump(plain, plain)).toBeGreaterThan(3);
  const bent = toClip(half.loop);
  expect(seamJump(bent, bent)).toBeLessThan(1.6);
  expect(half.loop.subarray(BODY_FEATURES, 63 * BODY_FEATURES)).toEqual(
    half.rows.subarray(BODY_FEATURES, 63 * BODY_FEATURES),
  );
  // It comes into its first row with the way that it would have gone on
  expect(half.loop.subarray(0, 3)).toEqual(half.rows.subarray(75 * BODY_FEATURES, 75 * BODY_FEATURES + 3));
  expect(() => looped(75, 76)).toThrow("A seam after 75 frames, 2 at least, takes 2 more; there are 76");
});

test("a motion arrives at another one, which is only moved over the floor", () => {
  const [before, after] = arriveAt(walk, waves, 100);
  expect(before.frames).toBeGreaterThanOrEqual(100);
  expect(seamJump(before, after)).toBeLessThan(0.4 * seamJump(cutClip(walk, 0, 100), waves));
  const [was, is] = [toFeatures(waves), toFeatures(after)];
  for (const [i, value] of is.entries()) expect(Math.abs(value - was[i])).toBeLessThan(1e-5);
  const gap = Math.hypot(...[0, 2].map((k) => after.root[k] - before.root[3 * before.frames - 3 + k]));
  expect(gap).toBeCloseTo(1.2 / 20, 4); // as it would have gone on
  const kept = 3 * 22 * (before.frames - 12);
  const [own, drawn] = [positionsOf(before).subarray(0, kept), positionsOf(walk).subarray(0, kept)];
  expect(Math.max(...own.map((x, i) => Math.abs(x - drawn[i])))).toBeLessThan(1e-4);
  expect(() => arriveAt(walk, cutClip(waves, 0, 1), 100)).toThrow("has 2 frames at least, got 1");
  expect(() => arriveAt(walk, { ...waves, fps: 30 }, 100)).toThrow("one frame rate, got 20 and 30");
  expect(() => arriveAt(walk, waves, 159)).toThrow("takes 2 more; there are 160");
});

test("a clip begins wherever it is put, turned as a whole", () => {
  const put = beginningAt(walk, { yaw: Math.PI / 2, x: 3, z: -1 });
  expect([put.root[0], put.root[2]]).toEqual([3, -1]);
  expect(put.root[3 * 159]).toBeCloseTo(3 + (1.2 * 159) / 20, 4);
  expect(put.root[3 * 159 + 2]).toBeCloseTo(-1, 4);
});
