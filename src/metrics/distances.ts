import { type Features, requireSameDim } from "./features.js";
import { addProductTransposed } from "./linalg.js";

const ROWS = 16;

/**
 * Calls `visit(i, products)` with ⟨a_i, b_j⟩ for all j, for every row i of `a`, in blocks of dot products.
 * `products` [b.count] is reused: copy what must last.
 */
export function forEachProductRow(a: Features, b: Features, visit: (i: number, products: Float64Array) => void): void {
  requireSameDim(a, b);
  const { dim } = a;
  const base = Float64Array.from(b.data);
  const products = new Float64Array(ROWS * b.count);
  for (let first = 0; first < a.count; first += ROWS) {
    const size = Math.min(ROWS, a.count - first);
    products.fill(0);
    addProductTransposed(
      Float64Array.from(a.data.subarray(first * dim, (first + size) * dim)),
      base,
      size,
      b.count,
      dim,
      products,
    );
    for (let i = 0; i < size; i++) visit(first + i, products.subarray(i * b.count, (i + 1) * b.count));
  }
}

/**
 * Like {@link forEachProductRow}, with the squared Euclidean distances |a_i - b_j|² = |a_i|² + |b_j|² - 2⟨a_i, b_j⟩.
 */
export function forEachDistanceRow(a: Features, b: Features, visit: (i: number, squared: Float64Array) => void): void {
  const normsA = squaredNorms(a);
  const normsB = squaredNorms(b);
  forEachProductRow(a, b, (i, row) => {
    for (let j = 0; j < row.length; j++) row[j] = Math.max(0, normsA[i] + normsB[j] - 2 * row[j]);
    visit(i, row);
  });
}

function squaredNorms({ data, count, dim }: Features): Float64Array {
  const norms = new Float64Array(count);
  for (let i = 0; i < count; i++) for (let j = i * dim; j < (i + 1) * dim; j++) norms[i] += data[j] * data[j];
  return norms;
}
