import { expect, test } from "vitest";
import { BODY, contactsOf, positionsOf, type Skeleton, worldRotations } from "../../src/motion/index.js";
import { apart, furthest, golden, goldenClip, randomClip } from "./fixtures.js";

test("joints stand and are turned where NumPy's forward kinematics has them", () => {
  expect(furthest(positionsOf(goldenClip), golden.positions)).toBeLessThan(1e-5);
  const world = worldRotations(goldenClip);
  for (let at = 0; at < world.length; at += 4)
    expect(apart(world.subarray(at, at + 4), golden.world.slice(at, at + 4))).toBeLessThan(1e-5);
});

test("a chain of two bones, by hand", () => {
  const skeleton: Skeleton = {
    names: ["a", "b", "c"],
    parents: [-1, 0, 1],
    offsets: Float32Array.of(0, 0, 0, 0, 2, 0, 0, 1, 0),
  };
  const half = Math.SQRT1_2; // a quarter turn about z leads up to −x
  const rotations = Float32Array.of(0, 0, half, half, 0, 0, half, half, 0, 0, 0, 1);
  const clip = { skeleton, fps: 20, frames: 1, rotations, root: Float32Array.of(5, 1, 3), contacts: null };
  expect(furthest(positionsOf(clip), [5, 1, 3, 3, 1, 3, 3, 0, 3])).toBeLessThan(1e-6);
  expect(furthest(worldRotations(clip).subarray(4, 8), [0, 0, 1, 0])).toBeLessThan(1e-6);
});

test("bones keep their lengths", () => {
  const positions = positionsOf(randomClip(3));
  for (let at = 0; at < positions.length; at += 66)
    for (const [joint, parent] of BODY.parents.entries()) {
      if (parent < 0) continue;
      const [bone, rest] = [0, 1, 2]
        .map((axis) => positions[at + 3 * joint + axis] - positions[at + 3 * parent + axis])
        .reduce(([a, b], difference, axis) => [a + difference ** 2, b + BODY.offsets[3 * joint + axis] ** 2], [0, 0]);
      expect(Math.sqrt(bone)).toBeCloseTo(Math.sqrt(rest), 5);
    }
});

test("contacts follow HumanML3D's rule, as NumPy has it", () => {
  expect([...contactsOf(goldenClip)]).toEqual(golden.contacts);
  expect(new Set(golden.contacts)).toEqual(new Set([0, 1]));
});

test("contacts are of a speed: the same motion at half the rate keeps them", () => {
  const still = (speed: number, fps: number) => {
    const clip = randomClip(1, 4, { fps });
    clip.rotations.set(clip.rotations.map((_, i) => (i % 4 === 3 ? 1 : 0)));
    for (let t = 0; t < 4; t++) clip.root.set([0, 1, (speed * t) / fps], 3 * t);
    return [...contactsOf(clip)];
  };
  for (const fps of [10, 20, 60]) {
    expect(still(0.88, fps)).toEqual(Array(16).fill(1));
    expect(still(0.91, fps)).toEqual(Array(16).fill(0));
  }
  expect([...contactsOf(randomClip(1, 1))]).toEqual([1, 1, 1, 1]);
});

test("what does not fit together is refused", () => {
  const clip = randomClip(1, 2);
  expect(() => positionsOf({ ...clip, frames: 3 })).toThrow("not 176 and 6");
  const names = BODY.names.with(4, "shin");
  expect(() => contactsOf({ ...clip, skeleton: { ...BODY, names } })).toThrow('joint 4 is "shin", not "leftKnee"');
  expect(() => contactsOf({ ...clip, skeleton: { ...BODY, names: [...BODY.names, "tail"] } })).toThrow(
    "skeleton of 23",
  );
});
