import { expect, test } from "vitest";
import { clusterCentres, features, fisherExact, holm, nearestCentre } from "../../src/metrics/index.js";
import { Random } from "../../src/random/index.js";

test("Fisher's exact test: the lady who tastes tea, and a table counted by hand", () => {
  expect(fisherExact({ hits: 4, n: 4, total: 4, all: 8 })).toBeCloseTo(1 / 70, 12);
  expect(fisherExact({ hits: 3, n: 4, total: 4, all: 8 })).toBeCloseTo(17 / 70, 12);
  expect(fisherExact({ hits: 0, n: 5, total: 3, all: 20 })).toBeCloseTo(1, 12);
  expect(() => fisherExact({ hits: 3, n: 2, total: 3, all: 5 })).toThrow(RangeError);
});

test("Holm's correction, by hand", () => {
  const found = holm([0.01, 0.04, 0.03, 0.005]);
  for (const [i, p] of [0.03, 0.06, 0.06, 0.02].entries()) expect(found[i]).toBeCloseTo(p, 12);
  expect(holm([0.9, 0.8])).toEqual([1, 1]);
  expect(holm([])).toEqual([]);
});

test("three heaps of points are three clusters, whatever the seed; and a cluster of one is the mean", () => {
  const random = new Random(4);
  const at = (i: number) => [0, 10, 20][i % 3];
  const points = features(
    Float32Array.from({ length: 240 }, (_, j) => (j % 2 === 0 ? at(j >> 1) : 0) + 0.1 * random.normal()),
    2,
  );
  for (const seed of [1, 2, 3]) {
    const centres = clusterCentres(points, 3, new Random(seed));
    const xs = [0, 2, 4].map((j) => Math.round(centres.data[j]) + 0).sort((a, b) => a - b);
    expect(xs).toEqual([0, 10, 20]);
    const nearest = nearestCentre(points, centres);
    for (let i = 0; i < 120; i++) expect(Math.round(centres.data[2 * nearest[i]]) + 0).toBe(at(i));
  }
  const [x] = clusterCentres(points, 1, random).data;
  expect(x).toBeCloseTo(points.data.filter((_, j) => j % 2 === 0).reduce((a, b) => a + b, 0) / 120, 4);
  expect(() => clusterCentres(features(new Float32Array(2), 2), 2, random)).toThrow(/at least 2/);
});
