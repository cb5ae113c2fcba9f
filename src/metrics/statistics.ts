import { type Features, requireCount } from "./features.js";
import { addProductTransposed, mirrorLower } from "./linalg.js";

/** Mean [dim] and unbiased covariance [dim, dim] of a set of `count` vectors, in float64. */
export interface GaussianStatistics {
  count: number;
  dim: number;
  mean: Float64Array;
  covariance: Float64Array;
}

const CHUNK = 256;

/**
 * Mean and unbiased covariance (divisor count - 1). `weights` [count] are how often each vector counts: those of a
 * bootstrap resample, for example.
 * @throws RangeError for fewer than two vectors.
 */
export function gaussianStatistics(features: Features, weights?: ArrayLike<number>): GaussianStatistics {
  const { data, dim } = features;
  requireCount(features, 2, "A covariance");
  const used = weights ? rowsWithWeight(weights, features.count) : undefined;
  const rows = used?.length ?? features.count;
  const rowAt = (i: number) => (used ? used[i] : i);
  const mean = new Float64Array(dim);
  let count = 0;
  for (let i = 0; i < rows; i++) {
    const weight = weights?.[rowAt(i)] ?? 1;
    count += weight;
    for (let j = 0, at = rowAt(i) * dim; j < dim; j++) mean[j] += weight * data[at + j];
  }
  for (let j = 0; j < dim; j++) mean[j] /= count;

  const covariance = new Float64Array(dim * dim);
  for (let first = 0; first < rows; first += CHUNK) {
    const size = Math.min(CHUNK, rows - first);
    const centred = new Float64Array(dim * size);
    for (let i = 0; i < size; i++) {
      const row = rowAt(first + i);
      const scale = Math.sqrt((weights?.[row] ?? 1) / (count - 1));
      for (let j = 0; j < dim; j++) centred[j * size + i] = scale * (data[row * dim + j] - mean[j]);
    }
    addProductTransposed(centred, centred, dim, dim, size, covariance, true);
  }
  mirrorLower(covariance, dim);
  return { count, dim, mean, covariance };
}

function rowsWithWeight(weights: ArrayLike<number>, count: number): number[] {
  if (weights.length !== count) throw new RangeError(`There are ${weights.length} weights for ${count} vectors.`);
  const rows: number[] = [];
  for (let i = 0; i < count; i++) if (weights[i] > 0) rows.push(i);
  return rows;
}
