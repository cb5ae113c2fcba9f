import { expect, test } from "vitest";
import {
  addProductTransposed,
  mirrorLower,
  semidefiniteRoot,
  symmetricEigen,
  symmetricEigenvalues,
  traceSqrtProduct,
} from "../../src/metrics/linalg.js";
import { gaussianStatistics } from "../../src/metrics/statistics.js";
import { Random } from "../../src/random/index.js";
import { golden, goldenFeatures, largestError, normalFeatures } from "./fixtures.js";

const random = new Random(3);
const matrix = (rows: number, columns: number) => Float64Array.from({ length: rows * columns }, () => random.normal());

function naive(a: Float64Array, b: Float64Array, m: number, n: number, k: number): Float64Array {
  const out = new Float64Array(m * n);
  for (let i = 0; i < m; i++)
    for (let j = 0; j < n; j++) for (let l = 0; l < k; l++) out[i * n + j] += a[i * k + l] * b[j * k + l];
  return out;
}

test.each([
  [1, 1, 1],
  [4, 2, 3],
  [7, 5, 9],
  [6, 11, 30000],
  [9, 1, 2],
])("a product of [%i, k] and [%i, k] with k = %i agrees with the triple loop", (m, n, k) => {
  const a = matrix(m, k);
  const b = matrix(n, k);
  const out = new Float64Array(m * n).fill(1);
  addProductTransposed(a, b, m, n, k, out);
  expect(
    largestError(
      out,
      naive(a, b, m, n, k).map((value) => value + 1),
    ),
  ).toBeLessThan(1e-9);
});

test.each([1, 2, 5, 8, 23, 70])("the lower triangle of a Gram matrix of order %i is the whole product", (n) => {
  for (const k of [3, 1500, 20000]) {
    const a = matrix(n, k);
    const out = new Float64Array(n * n);
    addProductTransposed(a, a, n, n, k, out, true);
    mirrorLower(out, n);
    expect(largestError(out, naive(a, a, n, n, k))).toBeLessThan(1e-8);
  }
});

test.each([1, 2, 3, 4, 17, 120])("eigenvectors of a symmetric matrix of order %i diagonalise it", (n) => {
  const half = matrix(n, n);
  const a = half.map((value, at) => value + half[(at % n) * n + Math.floor(at / n)]);
  const { values, vectors } = symmetricEigen(a, n);
  const identity = Float64Array.from({ length: n * n }, (_, at) => (at % (n + 1) === 0 ? 1 : 0));
  expect(largestError(naive(vectors, vectors, n, n, n), identity)).toBeLessThan(1e-12);
  const image = naive(vectors, a, n, n, n);
  const scaled = vectors.map((value, at) => value * values[Math.floor(at / n)]);
  expect(largestError(image, scaled)).toBeLessThan(1e-11);
  expect([...values]).toEqual([...values].sort((x, y) => x - y));
  expect(largestError(symmetricEigenvalues(a, n), values)).toBeLessThan(1e-11);
});

test("degenerate matrices have the eigenvalues that they must", () => {
  expect([...symmetricEigenvalues(new Float64Array(25), 5)]).toEqual([0, 0, 0, 0, 0]);
  const ones = new Float64Array(40 * 40).fill(1);
  expect(largestError(symmetricEigen(ones, 40).values, [...new Array(39).fill(0), 40])).toBeLessThan(1e-12);
  expect([...symmetricEigenvalues(Float64Array.of(2, 0, 0, 0, -1, 0, 0, 0, 5), 3)]).toEqual([-1, 2, 5]);
});

test.each([
  [1, 1],
  [5, 5],
  [7, 3],
  [6, 0],
])("the root of a semidefinite matrix of order %i and rank %i has so many rows, and gives it back", (n, rank) => {
  const half = matrix(n, rank);
  const wanted = naive(half, half, n, n, rank);
  const { root, rank: found } = semidefiniteRoot(wanted, n);
  expect(found).toBe(rank);
  expect(root).toHaveLength(rank * n);
  const columns = Float64Array.from(root, (_, at) => root[(at % rank) * n + Math.floor(at / rank)]);
  expect(largestError(naive(columns, columns, n, n, rank), wanted)).toBeLessThan(1e-11);
});

test("the trace of the root of a product is that of the diagonal matrices, turned together", () => {
  const [n, first, second] = [4, [0, 1, 4, 9], [5, 16, 0, 2]];
  const { vectors } = symmetricEigen(
    matrix(n, n).map((v, at, all) => v + all[(at % n) * n + Math.floor(at / n)]),
    n,
  );
  const turned = (diagonal: number[]) =>
    Float64Array.from({ length: n * n }, (_, at) =>
      diagonal.reduce((sum, d, k) => sum + d * vectors[k * n + Math.floor(at / n)] * vectors[k * n + (at % n)], 0),
    );
  const { root, rank } = semidefiniteRoot(turned(first), n);
  expect(rank).toBe(3);
  expect(traceSqrtProduct(root, rank, turned(second), n)).toBeCloseTo(Math.sqrt(1 * 16) + 0 + Math.sqrt(9 * 2), 8);
});

test("a matrix with a NaN or of the wrong size is refused", () => {
  expect(() => symmetricEigen(Float64Array.of(1, Number.NaN, Number.NaN, 1), 2)).toThrow("not finite");
  expect(() => symmetricEigen(new Float64Array(5), 2)).toThrow("4 entries, not 5");
});

test("mean, covariance and its eigenvalues agree with NumPy", () => {
  const { mean, covariance, count } = gaussianStatistics(goldenFeatures("samples"));
  expect(count).toBe(60);
  expect(largestError(mean, golden.mean)).toBeLessThan(1e-14);
  expect(largestError(covariance, golden.covariance)).toBeLessThan(1e-14);
  expect(largestError(symmetricEigen(covariance, golden.dim).values, golden.eigenvalues)).toBeLessThan(1e-14);
});

test("weights count vectors as often as repeating them does, over several chunks", () => {
  const set = normalFeatures(random, 700, 3);
  const weights = Array.from({ length: 700 }, () => random.integer(3));
  const repeated = weights.flatMap((times, row) =>
    new Array<number[]>(times).fill([...set.data.subarray(row * 3, row * 3 + 3)]).flat(),
  );
  const expected = gaussianStatistics({ data: Float32Array.from(repeated), count: repeated.length / 3, dim: 3 });
  const { mean, covariance, count } = gaussianStatistics(set, weights);
  expect(count).toBe(expected.count);
  expect(largestError(mean, expected.mean)).toBeLessThan(1e-13);
  expect(largestError(covariance, expected.covariance)).toBeLessThan(1e-13);
});
