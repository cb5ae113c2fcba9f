import { expect, test } from "vitest";
import {
  BODY,
  BODY_FEATURES,
  type Clip,
  contactsOf,
  FEATURE_PARTS,
  FeatureReader,
  fromFeatures,
  mirror,
  mirrorFeatures,
  positionsOf,
  startOf,
  toFeatures,
} from "../../src/motion/index.js";
import { multiply, type Quaternion, rotate, yaw } from "../../src/motion/rotations.js";
import { furthest, randomClip } from "./fixtures.js";

/** The whole clip turned about the upward axis and put elsewhere. */
function moved(clip: Clip, turn: number, [x, z]: [number, number]): Clip {
  const [rotations, root] = [clip.rotations.slice(), clip.root.slice()];
  for (let t = 0; t < clip.frames; t++) {
    rotations.set(multiply(yaw(turn), [...rotations.subarray(88 * t, 88 * t + 4)] as Quaternion), 88 * t);
    const [a, b, c] = rotate(yaw(turn), [root[3 * t], root[3 * t + 1], root[3 * t + 2]]);
    root.set([a + x, b, c + z], 3 * t);
  }
  return { ...clip, rotations, root };
}

/** The body in T-pose goes round a circle, looking along it. */
function circle(frames: number, turn: number, step: number): Clip {
  const clip = randomClip(1, frames);
  clip.rotations.set(clip.rotations.map((_, i) => (i % 4 === 3 ? 1 : 0)));
  let [x, z] = [0, 0];
  for (let t = 0; t < frames; t++) {
    clip.rotations.set(yaw(turn * t), 88 * t);
    if (t > 0) [x, z] = [x + step * Math.sin(turn * t), z + step * Math.cos(turn * t)];
    clip.root.set([x, 0.97, z], 3 * t);
  }
  return clip;
}

test("the parts follow each other and fill the row", () => {
  expect(Object.values(FEATURE_PARTS).map(([first]) => first)).toEqual([0, 1, 3, 4, 67, 199]);
  expect(Object.values(FEATURE_PARTS).map(([, end]) => end)).toEqual([1, 3, 4, 67, 199, BODY_FEATURES]);
});

test("any clip comes back from its features", () => {
  for (const seed of [1, 2, 3]) {
    const clip = moved(randomClip(seed, 60), 2.5 * seed, [3, -8]);
    const back = fromFeatures(toFeatures(clip), { fps: 20, start: startOf(clip) });
    expect(furthest(positionsOf(back), positionsOf(clip))).toBeLessThan(1e-4);
    expect(back.frames).toBe(60);
    expect(back.skeleton).toBe(BODY);
    expect([...back.contacts!]).toEqual([...contactsOf(clip)]);
  }
});

test("a long way comes back too", () => {
  const clip = circle(4000, 0.013, 0.21);
  const back = fromFeatures(toFeatures(clip), { fps: 20, start: startOf(clip) });
  expect(furthest(positionsOf(back), positionsOf(clip))).toBeLessThan(1e-4);
});

test("features are the same wherever the motion begins and whichever way it looks", () => {
  const clip = randomClip(4, 20);
  expect(furthest(toFeatures(moved(clip, -2, [40, 7])), toFeatures(clip))).toBeLessThan(1e-4);
  expect(startOf(moved(clip, -2, [40, 7])).x).not.toBe(startOf(clip).x);
});

test("without a start the clip begins at the origin and looks along +z", () => {
  const back = fromFeatures(toFeatures(moved(randomClip(4, 20), 1, [5, 6])), { fps: 20 });
  const { yaw: heading, x, z } = startOf(back);
  expect(Math.hypot(heading, x, z)).toBeLessThan(1e-6);
});

test("a walk round a circle to the left: full angles, the way straight ahead", () => {
  const rows = toFeatures(circle(30, 0.1, 0.05));
  const first = rows.subarray(0, 4);
  expect(furthest(first, [0, 0, 0, 0.97])).toBeLessThan(1e-6);
  for (let t = 1; t < 30; t++)
    expect(furthest(rows.subarray(t * BODY_FEATURES, t * BODY_FEATURES + 4), [0.1, 0, 0.05, 0.97])).toBeLessThan(1e-5);
  const rest = rows.subarray(7 * BODY_FEATURES);
  expect(furthest(rest.subarray(4, 7), [0.09, 0.91, 0])).toBeLessThan(1e-6); // the left hip, from the floor
  expect(furthest(rest.subarray(67, 73), [1, 0, 0, 0, 1, 0])).toBeLessThan(1e-6); // the root has no heading left
});

test("a row says nothing of later frames", () => {
  const clip = randomClip(5, 20);
  const cut = { ...clip, frames: 9, rotations: clip.rotations.slice(0, 9 * 88), root: clip.root.slice(0, 27) };
  expect(toFeatures(cut)).toEqual(toFeatures(clip).subarray(0, 9 * BODY_FEATURES));
});

test("turns are the short way across the back", () => {
  const rows = toFeatures(circle(80, -0.1, 0.05));
  for (let t = 1; t < 80; t++) expect(rows[t * BODY_FEATURES]).toBeCloseTo(-0.1, 5);
});

test("block by block is the same as at once, to the bit", () => {
  const clip = randomClip(6, 24);
  const rows = toFeatures(clip);
  const whole = fromFeatures(rows, { fps: 20, start: startOf(clip) });
  const reader = new FeatureReader({ fps: 20, start: startOf(clip) });
  const blocks = [4, 12, 8].map((frames, i) => {
    const first = [0, 4, 16][i] * BODY_FEATURES;
    return reader.read(rows.subarray(first, first + frames * BODY_FEATURES));
  });
  expect(Float32Array.from(blocks.flatMap(({ root }) => [...root]))).toEqual(whole.root);
  expect(Float32Array.from(blocks.flatMap(({ rotations }) => [...rotations]))).toEqual(whole.rotations);
  expect(reader.place.x).toBeCloseTo(whole.root.at(-3)!, 6);
});

test("contacts that a clip brings are kept, and count from one half on", () => {
  const contacts = Uint8Array.from({ length: 16 }, (_, i) => Number(i % 3 === 0));
  const rows = toFeatures({ ...randomClip(7, 4), contacts });
  expect(fromFeatures(rows, { fps: 20 }).contacts).toEqual(contacts);
  rows.set([0.49, 0.5, -3, 1.7], 199);
  expect([...fromFeatures(rows, { fps: 20 }).contacts!.subarray(0, 4)]).toEqual([0, 1, 0, 1]);
});

test("mirrored features are those of the mirrored motion, and twice mirrored themselves", () => {
  const clip = randomClip(8, 15);
  const rows = toFeatures(clip);
  expect(furthest(mirrorFeatures(rows), toFeatures(mirror(clip)))).toBeLessThan(1e-5);
  expect(mirrorFeatures(mirrorFeatures(rows))).toEqual(rows);
  expect(furthest(mirrorFeatures(rows), rows)).toBeGreaterThan(0.1);
});

test("another body's bones are used where it is given", () => {
  const taller = { ...BODY, offsets: BODY.offsets.map((value) => 1.25 * value) };
  const clip = randomClip(9, 5, { skeleton: taller });
  const back = fromFeatures(toFeatures(clip), { fps: 20, skeleton: taller, start: startOf(clip) });
  expect(furthest(positionsOf(back), positionsOf(clip))).toBeLessThan(1e-4);
});

test("a body on its side keeps the heading it had", () => {
  const clip = circle(4, 0, 0.01);
  clip.rotations.set([0, 0, Math.SQRT1_2, Math.SQRT1_2], 88 * 2); // across is straight up
  clip.rotations.set(multiply(yaw(1), [0, 0, 0, 1]), 0);
  clip.rotations.set(multiply(yaw(1), [0, 0, 0, 1]), 88);
  const rows = toFeatures(clip);
  expect(Math.abs(rows[2 * BODY_FEATURES])).toBeLessThan(2e-6);
  const back = fromFeatures(rows, { fps: 20, start: startOf(clip) });
  expect(furthest(positionsOf(back), positionsOf(clip))).toBeLessThan(1e-4);
});

test("features that cannot be read are refused with what is wrong", () => {
  const rows = toFeatures(randomClip(1, 3));
  expect(() => fromFeatures(rows.subarray(1), { fps: 20 })).toThrow("rows of 203 numbers, not in 608");
  expect(() => fromFeatures(new Float32Array(0), { fps: 20 })).toThrow("not in 0 numbers");
  expect(() => mirrorFeatures(rows.subarray(1))).toThrow("rows of 203 numbers");
  rows[203 + 70] = Number.NaN;
  expect(() => fromFeatures(rows, { fps: 20 })).toThrow("Feature 70 of row 1 is NaN");
  const skeleton = { names: ["hips"], parents: [-1], offsets: new Float32Array(3) };
  expect(() => toFeatures(randomClip(1, 2, { skeleton }))).toThrow("Bring the motion to the body first");
  expect(() => new FeatureReader({ fps: 20, skeleton })).toThrow("Bring the motion to the body first");
});
