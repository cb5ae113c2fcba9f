import { expect, test } from "vitest";
import {
  BODY,
  fromHumanml,
  fromHumanmlRotations,
  HUMANML_FEATURES,
  HUMANML_PARTS,
  HUMANML_SKELETON,
  humanmlSkeletonOf,
  mirror,
  mirrorHumanml,
  positionsOf,
  toHumanml,
  toStart,
  toUniform,
} from "../../src/motion/index.js";
import { rotate, yaw } from "../../src/motion/rotations.js";
import { furthest, golden, goldenClip, randomClip } from "./fixtures.js";

const standing = (seed: number, frames = 30) => toStart(toUniform(positionsOf(randomClip(seed, frames))));
const lengthsOf = (offsets: Float32Array) =>
  BODY.names.map((_, joint) => Math.hypot(...offsets.subarray(3 * joint, 3 * joint + 3)));

/** A figure that turns by `turn` a frame and goes straight ahead where it looks. */
function circle(frames: number, turn: number, step: number): Float64Array {
  const still = positionsOf({
    ...randomClip(1, 1),
    rotations: Float32Array.from({ length: 88 }, (_, i) => Number(i % 4 === 3)),
  });
  const out = new Float64Array(frames * 66);
  let [x, z] = [0, 0];
  for (let t = 0; t < frames; t++) {
    if (t > 0) [x, z] = [x + step * Math.sin(turn * t), z + step * Math.cos(turn * t)];
    for (let j = 0; j < 22; j++) {
      const [a, b, c] = rotate(yaw(turn * t), [still[3 * j] - still[0], still[3 * j + 1], still[3 * j + 2] - still[2]]);
      out.set([a + x, b, c + z], 66 * t + 3 * j);
    }
  }
  return out;
}

test("another person's motion on uniform bones, and its features, are NumPy's", () => {
  const { source, joints, rows } = golden.humanml;
  const target = humanmlSkeletonOf(positionsOf(goldenClip));
  expect(furthest(toStart(toUniform(Float64Array.from(source), target)), joints)).toBeLessThan(2e-6);
  const features = toHumanml(Float64Array.from(joints));
  for (const [first, end] of Object.values(HUMANML_PARTS))
    for (let t = 0; t < 23; t++) {
      const at = t * HUMANML_FEATURES;
      expect(furthest(features.subarray(at + first, at + end), rows.slice(at + first, at + end))).toBeLessThan(2e-6);
    }
  expect(features).toHaveLength(23 * HUMANML_FEATURES);
});

test("the clip's own features are NumPy's too", () => {
  const own = toHumanml(toStart(positionsOf(goldenClip)));
  expect(
    furthest(
      own.filter((_, at) => Math.floor(at / HUMANML_FEATURES) % 6 === 0),
      golden.humanml.own,
    ),
  ).toBeLessThan(1e-5);
});

test("joints come back from their features, by positions and by rotations", () => {
  for (const seed of [1, 2, 3]) {
    const joints = standing(seed);
    const rows = toHumanml(joints);
    const but = joints.subarray(0, (rows.length / HUMANML_FEATURES) * 66);
    expect(furthest(fromHumanml(rows), but)).toBeLessThan(1e-6);
    expect(furthest(fromHumanmlRotations(rows), but)).toBeLessThan(1e-6);
  }
});

test("by rotations, other bones give another person", () => {
  const rows = toHumanml(standing(1));
  const larger = { ...HUMANML_SKELETON, offsets: HUMANML_SKELETON.offsets.map((value) => 2 * value) };
  const lengths = lengthsOf(humanmlSkeletonOf(fromHumanmlRotations(rows, larger)).offsets);
  expect(
    furthest(
      lengths,
      lengthsOf(HUMANML_SKELETON.offsets).map((value) => 2 * value),
    ),
  ).toBeLessThan(1e-5);
});

test("a circle: half of each turn, to the left negative, and the way straight ahead; it closes", () => {
  for (const turn of [0.1, -0.1]) {
    const frames = 401;
    const joints = circle(frames, turn, 0.05);
    const rows = toHumanml(joints);
    for (let t = 170; t < 230; t++) {
      expect(rows[t * HUMANML_FEATURES]).toBeCloseTo(-turn / 2, 8);
      expect(rows[t * HUMANML_FEATURES + 1]).toBeCloseTo(0, 8);
      expect(rows[t * HUMANML_FEATURES + 2]).toBeCloseTo(0.05, 8);
    }
    expect(furthest(fromHumanml(rows), joints.subarray(0, (frames - 1) * 66))).toBeLessThan(1e-6);
  }
});

test("features are the same wherever the motion began and whichever way it looked", () => {
  const joints = standing(4);
  const elsewhere = new Float64Array(joints.length);
  for (let at = 0; at < joints.length; at += 3) {
    const [x, y, z] = rotate(yaw(2.6), [joints[at], joints[at + 1], joints[at + 2]]);
    elsewhere.set([x + 5, y + 0.4, z - 30], at);
  }
  expect(furthest(toHumanml(toStart(elsewhere)), toHumanml(joints))).toBeLessThan(1e-9);
});

test("the start: the lowest joint on the floor, the first root above the origin, looking along +z", () => {
  const joints = standing(5);
  expect(Math.min(...joints.filter((_, at) => at % 3 === 1))).toBeCloseTo(0, 12);
  expect(furthest([joints[0], joints[2]], [0, 0])).toBeLessThan(1e-12);
  const across = [0, 2].map((axis) => joints[6 + axis] - joints[3 + axis] + joints[51 + axis] - joints[48 + axis]);
  expect(across[0]).toBeLessThan(0);
  expect(across[1]).toBeCloseTo(0, 12);
});

test("uniform bones have the target's lengths, and the way grows with the leg", () => {
  const given = positionsOf(randomClip(6));
  const joints = toUniform(given);
  expect(furthest(lengthsOf(humanmlSkeletonOf(joints).offsets), lengthsOf(HUMANML_SKELETON.offsets))).toBeLessThan(
    1e-6,
  );
  const ratio = (0.39019 + 0.42564) / (0.42 + 0.43);
  for (let t = 0; t < 12; t++) expect(joints[66 * t + 2]).toBeCloseTo(ratio * given[66 * t + 2], 5);
});

test("mirrored features are those of the mirrored joints, and twice mirrored themselves", () => {
  const clip = randomClip(7, 20);
  const rows = toHumanml(toStart(positionsOf(clip)));
  expect(furthest(mirrorHumanml(rows), toHumanml(toStart(positionsOf(mirror(clip)))))).toBeLessThan(1e-5);
  expect(mirrorHumanml(mirrorHumanml(rows))).toEqual(rows);
  expect(furthest(mirrorHumanml(rows), rows)).toBeGreaterThan(0.1);
});

test("what is no frame of joints or features is refused", () => {
  expect(() => toHumanml(new Float64Array(66))).toThrow("two frames at least");
  expect(() => toHumanml(new Float64Array(67))).toThrow("Joints come in rows of 66 numbers, not in 67");
  expect(() => fromHumanml(new Float64Array(262))).toThrow("rows of 263 numbers, not in 262");
  expect(() => fromHumanmlRotations(new Float64Array(0))).toThrow("not in 0 numbers");
  expect(() => toUniform(new Float64Array(66))).toThrow("leg has no length");
});
