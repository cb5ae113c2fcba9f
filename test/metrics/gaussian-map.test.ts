import { expect, test } from "vitest";
import { type Gaussian, gaussianMapTo } from "../../src/metrics/gaussian-map.js";
import { Random } from "../../src/random/index.js";

const gaussian = (mean: number[], covariance: number[]): Gaussian => ({
  dim: mean.length,
  mean: Float64Array.from(mean),
  covariance: Float64Array.from(covariance),
});

/** Mean and covariance (divisor n) of points in a plane. */
function ofPoints(points: readonly (readonly number[])[]): Gaussian {
  const n = points.length;
  const mean = [0, 1].map((i) => points.reduce((sum, p) => sum + p[i], 0) / n);
  const covariance = [0, 1].flatMap((i) =>
    [0, 1].map((j) => points.reduce((sum, p) => sum + (p[i] - mean[i]) * (p[j] - mean[j]), 0) / n),
  );
  return gaussian(mean, covariance);
}
const apply = (t: Float64Array, from: Gaussian, to: Gaussian, f: readonly number[]): number[] =>
  [0, 1].map((i) => to.mean[i] + t[2 * i] * (f[0] - from.mean[0]) + t[2 * i + 1] * (f[1] - from.mean[1]));

const POINTS = [
  [0, 0],
  [1, 0.5],
  [-1, 1],
  [0.5, -1.5],
  [2, 1],
];
const TARGET = gaussian([0.3, -0.2], [1, 0.4, 0.4, 0.8]);

test("two Gaussians: distance and map have their values, and the map carries one covariance to the other", () => {
  const first = gaussian([0.5, -1], [2, 0.6, 0.6, 1]);
  const second = gaussian([0, 0.25], [1, -0.3, -0.3, 1.5]);
  const { distance, means, transport: t } = gaussianMapTo(second)(first);
  expect(distance).toBeCloseTo(2.34005, 6);
  expect(means).toBeCloseTo(0.25 + 1.25 ** 2, 12);
  for (const [i, value] of [0.775163, -0.344433, -0.344433, 1.349218].entries()) expect(t[i]).toBeCloseTo(value, 6);
  const s = first.covariance;
  const ts = [
    t[0] * s[0] + t[1] * s[2],
    t[0] * s[1] + t[1] * s[3],
    t[2] * s[0] + t[3] * s[2],
    t[2] * s[1] + t[3] * s[3],
  ];
  const tst = [
    ts[0] * t[0] + ts[1] * t[2],
    ts[0] * t[1] + ts[1] * t[3],
    ts[2] * t[0] + ts[3] * t[2],
    ts[2] * t[1] + ts[3] * t[3],
  ];
  for (const [i, value] of tst.entries()) expect(value).toBeCloseTo(second.covariance[i], 12);
});

test("of five points: the distance, the image of one, and its gradient by differences", () => {
  const from = ofPoints(POINTS);
  const { distance, transport } = gaussianMapTo(TARGET)(from);
  expect(distance).toBeCloseTo(0.276917, 6);
  const image = apply(transport, from, TARGET, POINTS[3]);
  expect(image[0]).toBeCloseTo(-0.038573, 6);
  expect(image[1]).toBeCloseTo(-1.778898, 6);
  [0.215429, 0.111559].forEach((gradient, i) => {
    expect((2 / 5) * (POINTS[3][i] - image[i])).toBeCloseTo(gradient, 6);
    const moved = (h: number) =>
      gaussianMapTo(TARGET)(ofPoints(POINTS.map((p, k) => p.map((x, j) => (k === 3 && j === i ? x + h : x))))).distance;
    expect((moved(1e-4) - moved(-1e-4)) / 2e-4).toBeCloseTo(gradient, 6);
  });
});

test("the mean squared way is the distance, and one step along it ends at none", () => {
  const from = ofPoints(POINTS);
  const map = gaussianMapTo(TARGET);
  const { distance, transport } = map(from);
  const images = POINTS.map((p) => apply(transport, from, TARGET, p));
  const way = POINTS.reduce((sum, p, k) => sum + (p[0] - images[k][0]) ** 2 + (p[1] - images[k][1]) ** 2, 0) / 5;
  expect(way).toBeCloseTo(distance, 12);
  expect(map(ofPoints(images)).distance).toBeLessThan(1e-12);
});

test("equal ones need no way; diagonal ones have the ratio of deviations; scaling scales by its square", () => {
  const { distance, transport } = gaussianMapTo(TARGET)(TARGET);
  expect(distance).toBeLessThan(1e-12);
  for (const [i, value] of [1, 0, 0, 1].entries()) expect(transport[i]).toBeCloseTo(value, 10);
  const diagonal = gaussianMapTo(gaussian([1, 0], [4, 0, 0, 9]))(gaussian([0, 2], [1, 0, 0, 16]));
  expect(diagonal.transport[0]).toBeCloseTo(2, 12);
  expect(diagonal.transport[3]).toBeCloseTo(0.75, 12);
  expect(diagonal.distance).toBeCloseTo(1 + 4 + 1 + 1, 12);
  const scaled = ({ dim, mean, covariance }: Gaussian): Gaussian => ({
    dim,
    mean: mean.map((x) => 3 * x),
    covariance: covariance.map((x) => 9 * x),
  });
  const from = ofPoints(POINTS);
  const [once, thrice] = [gaussianMapTo(TARGET)(from), gaussianMapTo(scaled(TARGET))(scaled(from))];
  expect(thrice.distance).toBeCloseTo(9 * once.distance, 10);
  for (const [i, value] of once.transport.entries()) expect(thrice.transport[i]).toBeCloseTo(value, 10);
});

test("few samples have the distance that theory gives, and a collapsed side a finite map", () => {
  const [dim, n] = [8, 500];
  const unit = gaussian(
    Array(dim).fill(0),
    Array.from({ length: dim * dim }, (_, i) => (i % (dim + 1) === 0 ? 1 : 0)),
  );
  const random = new Random(1);
  let total = 0;
  for (let trial = 0; trial < 20; trial++) {
    const x = new Float32Array(n * dim);
    random.fillNormal(x);
    const mean = new Float64Array(dim);
    const covariance = new Float64Array(dim * dim);
    for (let i = 0; i < n; i++) for (let j = 0; j < dim; j++) mean[j] += x[i * dim + j] / n;
    for (let i = 0; i < n; i++)
      for (let j = 0; j < dim; j++)
        for (let k = 0; k < dim; k++)
          covariance[j * dim + k] += ((x[i * dim + j] - mean[j]) * (x[i * dim + k] - mean[k])) / n;
    total += gaussianMapTo(unit)({ dim, mean, covariance }).distance;
  }
  expect(total / 20 / (dim / n + (dim * (dim + 1)) / (4 * n))).toBeCloseTo(1, 0.7);
  const { transport } = gaussianMapTo(unit)({
    dim,
    mean: new Float64Array(dim),
    covariance: new Float64Array(dim * dim),
  });
  for (const value of Float32Array.from(transport)) expect(Math.abs(value)).toBeLessThan(1e11);
  const nothing = gaussian(Array(dim).fill(0), Array(dim * dim).fill(0));
  expect(gaussianMapTo(nothing)(unit).transport).toEqual(new Float64Array(dim * dim));
});
