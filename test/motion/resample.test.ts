import { expect, test } from "vitest";
import { positionsOf, resample } from "../../src/motion/index.js";
import { aboutAxis, type Vector } from "../../src/motion/rotations.js";
import { apart, furthest, randomClip } from "./fixtures.js";

/** All joints turn at a steady pace, the root goes straight: what resampling keeps exactly. */
function steady(fps: number, seconds: number) {
  const frames = Math.round(fps * seconds) + 1;
  const clip = randomClip(1, frames, { fps });
  for (let t = 0; t < frames; t++) {
    for (let joint = 0; joint < 22; joint++)
      clip.rotations.set(aboutAxis([1, joint, 2] as Vector, 0.1 * joint + (0.5 * t) / fps), 4 * (22 * t + joint));
    clip.root.set([t / fps, 1, -t / fps], 3 * t);
  }
  return clip;
}

test("a steady motion is the same at every rate", () => {
  for (const [from, to] of [
    [120, 20],
    [30, 20],
    [20, 30],
    [25, 60],
  ]) {
    const clip = resample(steady(from, 2), to);
    const same = steady(to, 2);
    expect(clip.fps).toBe(to);
    expect(clip.frames).toBe(same.frames);
    expect(furthest(positionsOf(clip), positionsOf(same))).toBeLessThan(1e-5);
  }
});

test("frames that fall on frames are those frames", () => {
  const clip = randomClip(2, 13, { fps: 60 });
  const third = resample(clip, 20);
  expect(third.frames).toBe(5);
  for (let t = 0; t < 5; t++) {
    expect(furthest(third.root.subarray(3 * t, 3 * t + 3), clip.root.subarray(9 * t, 9 * t + 3))).toBeLessThan(1e-7);
    for (let at = 0; at < 88; at += 4)
      expect(
        apart(
          third.rotations.subarray(88 * t + at, 88 * t + at + 4),
          clip.rotations.subarray(264 * t + at, 264 * t + at + 4),
        ),
      ).toBeLessThan(1e-3);
  }
});

test("rotations stay of length 1 between frames", () => {
  const { rotations } = resample(randomClip(3, 6), 50);
  for (let at = 0; at < rotations.length; at += 4)
    expect(Math.hypot(...rotations.subarray(at, at + 4))).toBeCloseTo(1, 6);
});

test("no frame lies behind the last one", () => {
  expect(resample(randomClip(1, 12, { fps: 120 }), 20).frames).toBe(2);
  expect(resample(randomClip(1, 13, { fps: 120 }), 20).frames).toBe(3);
  expect(resample(randomClip(1, 1), 60).frames).toBe(1);
  expect(resample(randomClip(1, 31, { fps: 29.97 }), 20).frames).toBe(21);
});

test("contacts are those of the nearest frame", () => {
  const clip = {
    ...randomClip(4, 4, { fps: 30 }),
    contacts: Uint8Array.from({ length: 16 }, (_, i) => Number(i >= 8)),
  };
  expect([...resample(clip, 20).contacts!]).toEqual([0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1]);
  expect(resample(randomClip(4), 30).contacts).toBeNull();
});

test("its own rate changes nothing; a wrong one is refused", () => {
  const clip = randomClip(5);
  expect(resample(clip, 20)).toBe(clip);
  for (const fps of [0, -20, Number.NaN, Infinity]) expect(() => resample(clip, fps)).toThrow(`not ${fps}`);
});
