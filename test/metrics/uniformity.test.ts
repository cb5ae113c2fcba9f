import { describe, expect, test } from "vitest";
import { capacityAngle, spherifyRows } from "../../src/methods/sphere/geometry.js";
import { symmetricEigen } from "../../src/metrics/linalg.js";
import { nearestAngle, uniformity } from "../../src/metrics/uniformity.js";
import { Random } from "../../src/random/index.js";

const random = new Random(9, "uniformity");
const points = (count: number, length: number) => spherifyRows(random.normals(count * length), length);

describe("random points of the sphere", () => {
  const [count, length] = [4000, 64];
  const codes = points(count, length);
  const found = uniformity(codes, length);

  test("31: their mean is short", () => {
    expect(Math.abs(found.mean / 0.0158 - 1)).toBeLessThan(0.15); // it varies by 9 %
  });
  test("32: they use all directions, each about as much", () => {
    expect(found.effectiveDimension).toBeCloseTo(62.99, 1);
    const mean = new Float64Array(length);
    codes.forEach((x, i) => void (mean[i % length] += x / count));
    expect(found.mean).toBeCloseTo(Math.hypot(...mean) / Math.sqrt(length), 6);
    const covariance = new Float64Array(length * length);
    for (let n = 0; n < count; n++)
      for (let i = 0; i < length; i++)
        for (let j = 0; j < length; j++)
          covariance[i * length + j] += ((codes[n * length + i] - mean[i]) * (codes[n * length + j] - mean[j])) / count;
    const { values } = symmetricEigen(covariance, length);
    expect(Math.min(...values)).toBeGreaterThan(0.763);
    expect(Math.max(...values)).toBeLessThan(1.269);
    const sum = values.reduce((a, b) => a + b);
    const squares = values.reduce((a, b) => a + b * b, 0);
    expect(found.effectiveDimension).toBeCloseTo((sum * sum) / squares, 3);
  });
  test("33: the fourth moment is 3L/(L + 2)", () => expect(found.fourthMoment).toBeCloseTo(2.909, 1));
  test("34: pairs are orthogonal on average", () => {
    expect(Math.abs(found.cosineMean)).toBeLessThan(1e-3);
    expect(found.cosineVariance * length).toBeCloseTo(1, 2);
    expect(found.energy).toBeCloseTo(-3.875, 2);
  });
  test("35: the nearest code is a little beyond the capacity angle", () => {
    const angle = nearestAngle(points(200, length), codes, length);
    const capacity = capacityAngle(count, length);
    expect(capacity).toBeCloseTo(61.5, 1);
    expect(angle).toBeCloseTo(64.4, 0);
    expect(angle - capacity).toBeGreaterThan(0.5);
    expect(angle - capacity).toBeLessThan(3);
  });
});

test("a collapsed cloud is told from a uniform one", () => {
  const codes = points(500, 64).map((x, i) => (i % 64 < 8 ? x : 0.01 * x) + (i % 64 === 0 ? 2 : 0));
  const { mean, effectiveDimension } = uniformity(codes, 64);
  expect(mean).toBeGreaterThan(0.4);
  expect(effectiveDimension).toBeLessThan(10);
});

test("a single latent is an error", () => expect(() => uniformity(points(1, 8), 8)).toThrow(/two latents/));

test("of a few uneven points every figure is its formula's", () => {
  const length = 3;
  const rows = [
    [2, 0, 0],
    [1, 1, 0],
    [0, 3, -4],
    [-1, 2, 2],
  ];
  const unit = rows.map((row) => row.map((x) => x / Math.hypot(...row)));
  const mean = [0, 1, 2].map((i) => unit.reduce((sum, row) => sum + row[i] / 4, 0));
  const covariance = [0, 1, 2].map((i) =>
    [0, 1, 2].map((j) => unit.reduce((sum, row) => sum + ((row[i] - mean[i]) * (row[j] - mean[j])) / 4, 0)),
  );
  const trace = covariance[0][0] + covariance[1][1] + covariance[2][2];
  const cosines = unit.flatMap((a, i) => unit.slice(0, i).map((b) => a.reduce((sum, x, k) => sum + x * b[k], 0)));
  const average = (values: number[]) => values.reduce((a, b) => a + b, 0) / values.length;
  const found = uniformity(rows.flat(), length);
  expect(found.count).toBe(4);
  expect(found.mean).toBeCloseTo(Math.hypot(...mean), 12);
  expect(found.effectiveDimension).toBeCloseTo(trace ** 2 / covariance.flat().reduce((sum, c) => sum + c * c, 0), 10);
  expect(found.fourthMoment).toBeCloseTo(average(unit.flat().map((x) => (x * x * length) ** 2)), 12);
  expect(found.cosineMean).toBeCloseTo(average(cosines), 12);
  expect(found.cosineVariance).toBeCloseTo(average(cosines.map((c) => (c - average(cosines)) ** 2)), 12);
  expect(found.energy).toBeCloseTo(Math.log(average(cosines.map((c) => Math.exp(-2 * (2 - 2 * c))))), 12);
});

test("the nearest angle is the mean over the points, in degrees, whatever the lengths", () => {
  expect(nearestAngle([3, 0, 0, 1], [0, 2, -1, 0, 1, 1], 2)).toBeCloseTo((45 + 0) / 2, 10);
  expect(nearestAngle([1, 0], [-5, 0], 2)).toBeCloseTo(180, 10);
});
