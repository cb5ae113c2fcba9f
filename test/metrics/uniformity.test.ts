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
