import { describe, expect, test } from "vitest";
import {
  aroundBoundary,
  boundaryJerk,
  diversity,
  type Features,
  features,
  footSkating,
  frechetDistance,
  jerk,
  jerkArea,
  meanJerk,
  mpjpe,
  multimodalDistance,
  multimodality,
  peakJerk,
  REAL_JERK,
  rootPathError,
  rPrecision,
} from "../../../src/metrics/index.js";
import { positionsOf } from "../../../src/motion/index.js";
import { rotate, yaw } from "../../../src/motion/rotations.js";
import { Random } from "../../../src/random/index.js";
import { furthest, golden, goldenClip, randomClip } from "../../motion/fixtures.js";
import { normalFeatures } from "../fixtures.js";

const values = golden.metrics;
const texts = features(Float32Array.from(values.texts), 5);
const motions = features(Float32Array.from(values.motions), 5);
const joints = Float64Array.from(golden.positions);

/** The body at rest, its toes on the floor, gliding to the left at `speed` m/s of 20 frames. */
function gliding(frames: number, speed: number): Float64Array {
  const upright = Float32Array.from({ length: 88 }, (_, i) => Number(i % 4 === 3));
  const still = positionsOf({ ...randomClip(1, 1), rotations: upright });
  const floor = Math.min(...still.filter((_, at) => at % 3 === 1));
  return Float64Array.from({ length: frames * 66 }, (_, at) => {
    const moved = at % 3 === 0 ? (speed * Math.floor(at / 66)) / 20 : 0;
    return still[at % 66] + moved - (at % 3 === 1 ? floor : 0);
  });
}

/** All joints on one path. */
const along = (frames: number, path: (t: number) => number): Float64Array =>
  Float64Array.from({ length: frames * 66 }, (_, at) => path(Math.floor(at / 66)));

const rows = (set: Features, order: readonly number[]) =>
  features(Float32Array.from(order.flatMap((i) => [...set.data.subarray(i * set.dim, (i + 1) * set.dim)])), set.dim);

describe("retrieval", () => {
  test("R-precision and MM-Dist are NumPy's; what is no whole pool is left out", () => {
    expect(furthest(rPrecision(texts, motions), values.precision)).toBeLessThan(1e-7);
    expect(multimodalDistance(texts, motions)).toBeCloseTo(values.distance, 6);
  });

  test("pairs that agree are found at once", () => {
    expect([...rPrecision(texts, texts)]).toEqual([1, 1, 1]);
    expect(multimodalDistance(texts, texts)).toBe(0);
  });

  test("pairs without relation are found by chance, k of 32", () => {
    const random = new Random(3);
    const [a, b] = [normalFeatures(random, 3200, 8), normalFeatures(random, 3200, 8)];
    for (const [i, share] of rPrecision(a, b, { top: 4 }).entries()) {
      const chance = (i + 1) / 32;
      expect(Math.abs(share - chance)).toBeLessThan(3 * Math.sqrt((chance * (1 - chance)) / 3200));
    }
  });

  test("motions that are all alike are found by chance, not always", () => {
    const same = features(new Float32Array(64 * 3).fill(1), 3);
    expect(furthest(rPrecision(features(new Float32Array(64 * 3), 3), same), [1 / 32, 2 / 32, 3 / 32])).toBeLessThan(
      1e-12,
    );
  });

  test("smaller pools and more ranks", () => {
    const line = features(Float32Array.of(0, 1, 2, 3), 1);
    const moved = features(Float32Array.of(1.2, 1.1, 2.1, 2.2), 1); // text 0 finds 1.1 first, text 3 its own
    expect([...rPrecision(line, moved, { pool: 4, top: 4 })]).toEqual([0.75, 1, 1, 1]);
    expect([...rPrecision(line, moved, { pool: 2, top: 1 })]).toEqual([0.75]);
  });

  test("sets that do not match are refused", () => {
    const few = rows(texts, [0, 1, 2]);
    expect(() => rPrecision(texts, few)).toThrow("70 texts and 3 motions");
    expect(() => multimodalDistance(texts, few)).toThrow("70 texts and 3 motions");
    expect(() => rPrecision(few, few)).toThrow("R-precision needs at least 32 vectors, not 3");
    expect(() => rPrecision(texts, texts, { top: 33 })).toThrow("not to 33");
    expect(() => rPrecision(texts, texts, { top: 0 })).toThrow("not to 0");
    expect(() => multimodalDistance(texts, normalFeatures(new Random(1), 70, 4))).toThrow("width 5 and 4");
  });
});

describe("variety", () => {
  test("the mean distance of two draws without repeats", () => {
    // corners of a simplex: √2 apart, but for a corner drawn opposite itself, 1 of n
    const corners = features(
      Float32Array.from({ length: 1600 }, (_, i) => Number(i % 41 === 0)),
      40,
    );
    const means = Array.from({ length: 300 }, (_, i) => diversity(corners, { pairs: 40, random: new Random(i) }));
    expect(means.reduce((sum, mean) => sum + mean, 0) / 300).toBeCloseTo(Math.SQRT2 * (1 - 1 / 40), 2);
    const line = features(Float32Array.of(0, 10), 1); // both drawn in each draw: 0 or 10 in the mean, never 5
    for (let seed = 0; seed < 20; seed++)
      expect([0, 10]).toContain(diversity(line, { pairs: 2, random: new Random(seed) }));
  });

  test("standard normal motions are 2 Γ((d + 1)/2) / Γ(d/2) apart, 300 pairs or 100 where they are few", () => {
    let drawn = 0;
    const counting = new Random(1);
    const random = {
      uniform: () => counting.uniform(),
      normal: () => counting.normal(),
      integer(n: number) {
        drawn++;
        return counting.integer(n);
      },
    };
    const many = normalFeatures(new Random(2), 2000, 2);
    expect(diversity(many, { random })).toBeCloseTo(Math.sqrt(Math.PI), 0);
    expect(drawn).toBe(600);
    drawn = 0;
    diversity(
      rows(
        many,
        Array.from({ length: 299 }, (_, i) => i),
      ),
      { random },
    );
    expect(drawn).toBe(200);
    expect(() => diversity(rows(many, [0, 1]), { random })).toThrow("Cannot draw 100 different vectors out of 2");
  });

  test("multimodality is within texts, not between them", () => {
    const groups = [0, 100].map((shift) => normalFeatures(new Random(4), 30, 2, shift, 0.1));
    expect(multimodality(groups, { random: new Random(5) })).toBeLessThan(1);
    const still = features(new Float32Array(60).fill(3), 2);
    expect(multimodality([still, still], { random: new Random(5) })).toBe(0);
    const line = features(Float32Array.of(0, 10), 1);
    const wide = features(Float32Array.of(0, 30), 1);
    const means = Array.from({ length: 400 }, (_, i) =>
      multimodality([line, wide], { pairs: 1, random: new Random(i) }),
    );
    expect(means.reduce((sum, mean) => sum + mean, 0) / 400).toBeCloseTo(10, -0.5);
    expect(() => multimodality([], { random: new Random(1) })).toThrow("at least one text");
    expect(() => multimodality([line], { random: new Random(1) })).toThrow("Cannot draw 10");
    expect(() => multimodality([still, normalFeatures(new Random(1), 30, 3)], { random: new Random(1) })).toThrow(
      "width",
    );
  });
});

describe("jerk", () => {
  test("is NumPy's, and sums the axes of the worst joint", () => {
    expect(furthest(jerk(joints), values.jerk)).toBeLessThan(1e-6);
  });

  test("of a path t³ it is 6 a frame on each axis, of a parabola 0", () => {
    expect([...jerk(along(9, (t) => t ** 3))]).toEqual(Array(6).fill(18));
    expect([...jerk(along(9, (t) => 2 * t * t - t))]).toEqual(Array(6).fill(0));
    const one = along(5, () => 0);
    for (let t = 0; t < 5; t++) one[66 * t + 3 * 7 + 1] = -(t ** 3);
    expect([...jerk(one)]).toEqual([6, 6]);
  });

  test("peak and area, which is 0 where the jerk is that of real motion", () => {
    expect(peakJerk(Float64Array.of(1, 5, 2))).toBe(5);
    expect(jerkArea(Float64Array.of(1, 5, 2), 3)).toBe(5);
    expect(jerkArea(new Float64Array(20).fill(REAL_JERK.humanml3d), REAL_JERK.humanml3d)).toBe(0);
    expect([...meanJerk([Float64Array.of(1, 2), Float64Array.of(3, 6)])]).toEqual([2, 4]);
  });

  test("a window has its boundary in the middle", () => {
    const path = along(20, (t) => t);
    expect([...aroundBoundary(path, 10, 6)].filter((_, at) => at % 66 === 0)).toEqual([7, 8, 9, 10, 11, 12]);
    expect(aroundBoundary(path, 3, 6)).toHaveLength(6 * 66);
    expect(() => aroundBoundary(path, 2, 6)).toThrow("boundary at 2 does not lie within 20 frames");
    expect(() => aroundBoundary(path, 18, 6)).toThrow("does not lie within 20 frames");
    expect(() => aroundBoundary(path, 10, 5)).toThrow("window of 5 frames");
    expect(() => aroundBoundary(path, 10)).toThrow("window of 60 frames");
  });

  test("a jump at a boundary shows there alone, and is averaged over boundaries", () => {
    const jump = along(20, (t) => (t < 10 ? 0 : 1)); // third differences 1, −2, 1 on three axes
    expect(boundaryJerk([{ joints: jump, boundaries: [10] }], { window: 8, real: 0 })).toEqual({ peak: 6, area: 12 });
    expect(boundaryJerk([{ joints: jump, boundaries: [4] }], { window: 8, real: 0 })).toEqual({ peak: 0, area: 0 });
    const both = [{ joints: jump, boundaries: [10, 4] }];
    expect(boundaryJerk(both, { window: 8, real: 0 })).toEqual({ peak: 3, area: 6 });
    expect(boundaryJerk(both, { window: 8, real: 1 }).area).toBe(2 + 0.5 + 2 + 0.5);
  });

  test("what has no jerk is refused", () => {
    expect(() => jerk(along(3, () => 0))).toThrow("four frames at least, not 3");
    expect(() => jerk(new Float64Array(65))).toThrow("rows of 66 numbers, not in 65");
    expect(() => meanJerk([])).toThrow("no jerk");
    expect(() => meanJerk([new Float64Array(2), new Float64Array(3)])).toThrow("2 and 3 places");
  });
});

describe("foot skating", () => {
  test("is NumPy's on the golden clip", () => {
    const floor = Math.min(...joints.filter((_, at) => at % 3 === 1));
    expect(
      footSkating(
        joints.map((value, at) => (at % 3 === 1 ? value - floor : value)),
        20,
      ),
    ).toBeCloseTo(values.skating, 7);
  });

  test("a pose that glides at 1 m/s slides all the time, one that stands or creeps never", () => {
    expect(footSkating(gliding(30, 1), 20)).toBe(1);
    expect(footSkating(gliding(30, 0), 20)).toBe(0);
    expect(footSkating(gliding(30, 0.49), 20)).toBe(0);
    expect(footSkating(gliding(30, 0.49), 30)).toBeGreaterThan(0.9); // the same ways in less time
  });

  test("feet in the air do not slide, and one on the floor is enough", () => {
    const high = gliding(10, 1).map((value, at) => (at % 3 === 1 ? value + 0.06 : value));
    expect(footSkating(high, 20)).toBe(0);
    const one = gliding(10, 1).map((value, at) => (at % 66 === 3 * 10 + 1 ? value + 0.1 : value));
    expect(footSkating(one, 20)).toBe(1);
    const hop = gliding(11, 1).map((value, at) => (at % 3 === 1 && Math.floor(at / 66) === 5 ? value + 0.1 : value));
    expect(footSkating(hop, 20)).toBeCloseTo(0.8, 12); // the ways into and out of the air
  });

  test("a single quick way is no slide: the mean around it is slow", () => {
    const jerked = gliding(11, 0).map((value, at) => value + (at % 3 === 2 && Math.floor(at / 66) >= 5 ? 0.1 : 0));
    expect(footSkating(jerked, 20)).toBe(0); // 2 m/s once, 0.4 m/s in the mean of five
    const far = gliding(11, 0).map((value, at) => value + (at % 3 === 2 && Math.floor(at / 66) >= 5 ? 0.2 : 0));
    expect(footSkating(far, 20)).toBeCloseTo(0.1, 12);
  });

  test("what cannot be measured is refused", () => {
    expect(() => footSkating(gliding(1, 0), 20)).toThrow("two frames");
    for (const fps of [0, Number.NaN, Infinity]) expect(() => footSkating(gliding(3, 0), fps)).toThrow(`not ${fps}`);
  });
});

describe("errors against a reference", () => {
  const other = Float64Array.from(golden.humanml.source);

  test("MPJPE in millimetres and the root's path in metres are NumPy's", () => {
    expect(mpjpe(joints, other)).toBeCloseTo(values.mpjpe, 4);
    expect(rootPathError(joints, other)).toBeCloseTo(values.path, 6);
  });

  test("MPJPE does not see where the pelvis is, the path sees nothing else, and no height", () => {
    const moved = positionsOf({ ...goldenClip, root: goldenClip.root.map((v, at) => v + [3, 7, -4][at % 3]) });
    expect(mpjpe(moved, joints)).toBeLessThan(1e-2);
    expect(rootPathError(moved, joints)).toBeCloseTo(5, 5);
    const raised = joints.map((value, at) => (at % 66 === 3 * 20 ? value + 0.022 : value)); // one of 22 joints by 22 mm
    expect(mpjpe(raised, joints)).toBeCloseTo(1, 9);
    expect(rootPathError(raised, joints)).toBe(0);
  });

  test("lengths that differ are refused", () => {
    expect(() => mpjpe(joints, other.subarray(66))).toThrow("24 frames and its reference 23");
    expect(() => rootPathError(joints.subarray(66), other)).toThrow("23 frames and its reference 24");
  });
});

test("the Fréchet distance of motion features: 0 to itself, closed form in one dimension, blind to a turn", () => {
  const random = new Random(9);
  const [a, b] = [normalFeatures(random, 500, 1, 1, 2), normalFeatures(random, 400, 1, -0.5, 0.7)];
  const stats = ({ data, count }: Features) => {
    const mean = data.reduce((sum, v) => sum + v, 0) / count;
    return { mean, sd: Math.sqrt(data.reduce((sum, v) => sum + (v - mean) ** 2, 0) / (count - 1)) };
  };
  const [p, q] = [stats(a), stats(b)];
  expect(frechetDistance(a, b)).toBeCloseTo((p.mean - q.mean) ** 2 + (p.sd - q.sd) ** 2, 5);
  const [c, d] = [normalFeatures(random, 200, 3), normalFeatures(random, 200, 3, 0.4)];
  expect(frechetDistance(c, c)).toBeLessThan(1e-8);
  const turned = ({ data, count, dim }: Features) =>
    features(
      Float32Array.from(
        Array.from({ length: count }, (_, i) =>
          rotate(yaw(1.1), [data[3 * i], data[3 * i + 1], data[3 * i + 2]]),
        ).flat(),
      ),
      dim,
    );
  expect(frechetDistance(turned(c), turned(d))).toBeCloseTo(frechetDistance(c, d), 4);
});
