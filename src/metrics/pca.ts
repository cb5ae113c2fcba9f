import type { Features } from "./features.js";
import { requireSameDim } from "./features.js";
import { addProductTransposed, symmetricEigen } from "./linalg.js";
import { gaussianStatistics } from "./statistics.js";

const CHUNK = 1024;

/** Principal components: `components` [components, dim] are orthonormal rows, largest variance first. */
export interface Pca {
  dim: number;
  mean: Float64Array;
  components: Float64Array;
  /** Variance along each component, descending. */
  variances: Float64Array;
}

export interface PcaOptions {
  /** How many components are kept (64, or fewer where `dim` is less). */
  components?: number;
  /** Iteration ends when no kept variance changes by more than this share of the largest (1e-9). */
  tolerance?: number;
  /** Iterations at most (100); data without a gap in their spectrum, such as white noise, do not settle earlier. */
  iterations?: number;
}

/**
 * Principal components by block subspace iteration with Rayleigh–Ritz projection on the covariance, from a fixed
 * start: the same data give the same components. Costs count · dim² / 2 multiplications for the covariance.
 */
export function fitPca(data: Features, options: PcaOptions = {}): Pca {
  const { tolerance = 1e-9, iterations = 100 } = options;
  const { dim } = data;
  const kept = Math.min(options.components ?? 64, dim);
  if (!Number.isInteger(kept) || kept < 1) throw new RangeError(`components must be a positive integer, not ${kept}.`);
  const block = Math.min(dim, kept + Math.max(8, kept >> 2));
  const { mean, covariance } = gaussianStatistics(data);

  let basis = startBasis(block, dim);
  let variances = new Float64Array(block);
  for (let iteration = 0; iteration < iterations; iteration++) {
    orthonormalize(basis, block, dim);
    const image = new Float64Array(block * dim);
    addProductTransposed(basis, covariance, block, dim, dim, image);
    const projected = new Float64Array(block * block);
    addProductTransposed(image, basis, block, block, dim, projected);
    const ritz = symmetricEigen(projected, block);
    const found = ritz.values.reverse();
    const settled = found.every((value, i) => i >= kept || Math.abs(value - variances[i]) <= tolerance * found[0]);
    variances = Float64Array.from(found);
    basis = combine(ritz.vectors, settled ? basis : image, block, dim);
    if (settled) break;
  }
  orthonormalize(basis, block, dim);
  return {
    dim,
    mean,
    components: basis.slice(0, kept * dim),
    variances: variances.map((v) => Math.max(v, 0)).slice(0, kept),
  };
}

/** Coordinates of vectors along the components, (x - mean) componentsᵀ: [count, components]. */
export function pcaFeatures(pca: Pca, data: Features): Features {
  requireSameDim(pca, data);
  const { dim, components, mean } = pca;
  const kept = components.length / dim;
  const projected = new Float32Array(data.count * kept);
  for (let first = 0; first < data.count; first += CHUNK) {
    const size = Math.min(CHUNK, data.count - first);
    const rows = data.data.subarray(first * dim, (first + size) * dim);
    const product = new Float64Array(size * kept);
    const centred = Float64Array.from(rows, (value, i) => value - mean[i % dim]);
    addProductTransposed(centred, components, size, kept, dim, product);
    projected.set(product, first * kept);
  }
  return { data: projected, count: data.count, dim: kept };
}

/** A fixed, generic start: a multiplicative hash of each position, in [-1, 1). */
function startBasis(block: number, dim: number): Float64Array {
  return Float64Array.from({ length: block * dim }, (_, i) => {
    const mixed = Math.imul(i + 1, 0x9e3779b1);
    return Math.imul(mixed ^ (mixed >>> 15), 0x85ebca77) / 2 ** 31;
  });
}

/** Gram–Schmidt on the rows, twice; a row that depends on earlier ones becomes zero. */
function orthonormalize(rows: Float64Array, count: number, dim: number): void {
  for (let i = 0; i < count; i++) {
    const row = rows.subarray(i * dim, (i + 1) * dim);
    const before = norm(row);
    for (let pass = 0; pass < 2; pass++)
      for (let j = 0; j < i; j++) {
        const other = rows.subarray(j * dim, (j + 1) * dim);
        let dot = 0;
        for (let d = 0; d < dim; d++) dot += row[d] * other[d];
        for (let d = 0; d < dim; d++) row[d] -= dot * other[d];
      }
    const after = norm(row);
    const scale = after > 1e-12 * before && after > 0 ? 1 / after : 0;
    for (let d = 0; d < dim; d++) row[d] *= scale;
  }
}

function norm(row: Float64Array): number {
  return Math.sqrt(row.reduce((sum, value) => sum + value * value, 0));
}

/** Linear combinations of the rows by `weights` [block, block] (rows ascending in eigenvalue), largest first. */
function combine(weights: Float64Array, rows: Float64Array, block: number, dim: number): Float64Array {
  const combined = new Float64Array(block * dim);
  for (let i = 0; i < block; i++) {
    const out = combined.subarray(i * dim, (i + 1) * dim);
    for (let j = 0; j < block; j++) {
      const weight = weights[(block - 1 - i) * block + j];
      for (let d = 0, at = j * dim; d < dim; d++) out[d] += weight * rows[at + d];
    }
  }
  return combined;
}
