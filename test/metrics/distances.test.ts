import { expect, test } from "vitest";
import {
  features,
  frechetDistance,
  gaussianStatistics,
  kernelDistance,
  memorisation,
  nearestNeighbours,
  polynomialMmd2,
  prdc,
  realVsReal,
  sampleRows,
} from "../../src/metrics/index.js";
import { Random } from "../../src/random/index.js";
import { golden, goldenFeatures, largestError, normalFeatures } from "./fixtures.js";

const samples = goldenFeatures("samples");
const reference = goldenFeatures("reference");

test("the Fréchet distance agrees with SciPy's sqrtm, either way round and from statistics", () => {
  expect(frechetDistance(samples, reference)).toBeCloseTo(golden.frechet, 10);
  expect(frechetDistance(reference, gaussianStatistics(samples))).toBeCloseTo(golden.frechet, 10);
  expect(frechetDistance(samples, samples)).toBeLessThan(1e-12);
});

test("the Fréchet distance of diagonal Gaussians is its closed form", () => {
  const statistics = (mean: number[], variances: number[]) => ({
    count: 9,
    dim: 2,
    mean: Float64Array.from(mean),
    covariance: Float64Array.of(variances[0], 0, 0, variances[1]),
  });
  expect(frechetDistance(statistics([0, 1], [4, 9]), statistics([1, 1], [1, 16]))).toBeCloseTo(1 + 1 + 1, 12);
  expect(frechetDistance(statistics([0, 0], [0, 0]), statistics([3, 0], [1, 4]))).toBeCloseTo(9 + 5, 12);
});

test("the Fréchet distance of fewer vectors than dimensions is finite, and zero to themselves", () => {
  const few = normalFeatures(new Random(5), 10, 40);
  expect(frechetDistance(few, few)).toBeLessThan(1e-5);
  const more = normalFeatures(new Random(6), 12, 40);
  expect(frechetDistance(few, more)).toBeCloseTo(frechetDistance(more, few), 4);
});

test("the cubic kernel's MMD² agrees with NumPy; subsets of everything are it", () => {
  expect(polynomialMmd2(samples, reference)).toBeCloseTo(golden.kid, 10);
  const random = new Random(1);
  const whole = kernelDistance(reference, goldenFeatures("reference"), { subsets: 3, random });
  expect(whole.estimates.every((value) => Math.abs(value - polynomialMmd2(reference, reference)) < 1e-9)).toBe(true);
  expect(whole.deviation).toBeLessThan(1e-9);
});

test("the subset average of the kernel distance approaches the full one and depends only on the seed", () => {
  const options = () => ({ subsets: 400, subsetSize: 25, random: new Random(4) });
  const first = kernelDistance(samples, reference, options());
  expect(kernelDistance(samples, reference, options())).toEqual(first);
  expect(Math.abs(first.value - golden.kid)).toBeLessThan((4 * first.deviation) / Math.sqrt(400));
  expect(first.deviation).toBeGreaterThan(0);
});

test("the kernel distance's value and deviation are those of its subsets", () => {
  const options = { subsetSize: 30, random: new Random(4) };
  const { value, deviation, estimates } = kernelDistance(samples, reference, { ...options, subsets: 2 });
  const [a, b] = estimates;
  expect(a).not.toBe(b);
  expect(value).toBeCloseTo((a + b) / 2, 12);
  expect(deviation).toBeCloseTo(Math.abs(a - b) / 2, 12);
  expect(kernelDistance(samples, reference, { ...options, subsets: 1 }).deviation).toBe(0);
  for (const subsets of [0, -1, 1.5, Number.NaN])
    expect(() => kernelDistance(samples, reference, { ...options, subsets })).toThrow(
      `positive integer, not ${subsets}`,
    );
});

test.each(["1", "3", "5"])("precision, recall, density and coverage with k = %s agree with NumPy", (k) => {
  const { terms, ...values } = prdc(samples, reference, Number(k));
  for (const [name, value] of Object.entries(values)) expect(value, name).toBeCloseTo(golden.prdc[k][name], 12);
  expect(terms.precision.length).toBe(60);
  expect(terms.coverage.length).toBe(50);
});

test("a ball ends before the vector that it reaches to", () => {
  const [real, drawn] = [features(Float32Array.of(0, 1), 1), features(Float32Array.of(2, 3), 1)];
  expect(prdc(drawn, real, 1)).toMatchObject({ precision: 0, recall: 0, density: 0, coverage: 0 });
  const nearer = features(Float32Array.of(1.75, 2.75), 1);
  expect(prdc(nearer, real, 1)).toMatchObject({ precision: 0.5, recall: 0.5, density: 0.5, coverage: 0.5 });
});

test("a floor has as many training vectors as there are samples, or all there are", () => {
  const train = features(Float32Array.of(1, 2, 3), 1);
  const drawn = (count: number) =>
    realVsReal((rows) => rows.count, { train, reference: train, count, random: new Random(1) });
  expect([2, 3, 5].map(drawn)).toEqual([2, 3, 3]);
});

test("collapsed samples have precision without recall or coverage; scattered ones the reverse", () => {
  const random = new Random(8);
  const real = normalFeatures(random, 400, 4);
  const collapsed = prdc(normalFeatures(random, 400, 4, 0, 0.05), real);
  expect(collapsed.precision).toBeGreaterThan(0.99);
  expect(collapsed.recall).toBeLessThan(0.05);
  expect(collapsed.coverage).toBeLessThan(0.2);
  const scattered = prdc(normalFeatures(random, 400, 4, 0, 8), real);
  expect(scattered.precision).toBeLessThan(0.1);
  expect(scattered.recall).toBeGreaterThan(0.99);
});

test("nearest neighbours agree with NumPy, nearest first", () => {
  const { indices, distances } = nearestNeighbours(samples, reference, 3);
  expect([...indices]).toEqual(golden.nearest.indices);
  expect(largestError(distances, golden.nearest.distances)).toBeLessThan(1e-12);
});

test("a vector is not its own neighbour in its own set, but its copy is", () => {
  const set = features(Float32Array.of(0, 1, 1, 5), 1);
  const { indices, distances } = nearestNeighbours(set, set);
  expect([...indices]).toEqual([1, 2, 1, 1]);
  expect([...distances]).toEqual([1, 0, 0, 4]);
  expect(() => nearestNeighbours(set, set, 4)).toThrow("1 to 3");
});

test("copies of training vectors lie nearer to them than held-out vectors do", () => {
  const random = new Random(2);
  const train = normalFeatures(random, 300, 8);
  const {
    samples: copies,
    heldOut,
    nearest,
  } = memorisation(sampleRows(train, 50, random), normalFeatures(random, 50, 8), train);
  expect(copies.median).toBeLessThan(1e-6);
  expect(heldOut.lowest1Percent).toBeGreaterThan(0.1);
  expect(nearest.indices.length).toBe(50);
});

test("a drawn subset has different rows of the set", () => {
  const set = features(
    Float32Array.from({ length: 20 }, (_, i) => i),
    2,
  );
  const drawn = sampleRows(set, 10, new Random(9));
  const rows = Array.from({ length: 10 }, (_, i) => drawn.data[2 * i]);
  expect(rows.toSorted((a, b) => a - b)).toEqual([0, 2, 4, 6, 8, 10, 12, 14, 16, 18]);
  expect(rows).not.toEqual(rows.toSorted((a, b) => a - b));
  expect(() => sampleRows(set, 11, new Random(9))).toThrow("11 different vectors out of 10");
});

test("bad input is refused with its place", () => {
  expect(() => features(Float32Array.of(1, 2, 3), 2)).toThrow("width 2");
  expect(() => features(Float32Array.of(1, Number.NaN), 2)).toThrow("Feature 1 of vector 0");
  expect(() => frechetDistance(samples, features(new Float32Array(8), 4))).toThrow("width 6 and 4");
  expect(() => frechetDistance(features(new Float32Array(6), 6), samples)).toThrow("at least 2");
});
