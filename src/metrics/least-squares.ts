/** Rows of predictors [n, dim] with what they predict [n]. */
export interface Regression {
  readonly rows: ArrayLike<number>;
  readonly dim: number;
  readonly targets: ArrayLike<number>;
}

/**
 * The weights [dim] with the smallest Σ (y − x·w)² + ridge · |w|², in float64 by Cholesky's factors of the normal
 * equations. A predictor that others say already has the weight 0.
 * @throws RangeError where there are not as many rows as targets
 */
export function leastSquares({ rows, dim, targets }: Regression, ridge = 0): Float64Array {
  const count = targets.length;
  if (rows.length !== count * dim)
    throw new RangeError(`${count} targets need ${count} rows of ${dim} numbers, not ${rows.length} numbers.`);
  const normal = new Float64Array(dim * dim);
  const right = new Float64Array(dim);
  for (let n = 0; n < count; n++)
    for (let i = 0; i < dim; i++) {
      const value = rows[n * dim + i];
      right[i] += value * targets[n];
      for (let j = 0; j <= i; j++) normal[i * dim + j] += value * rows[n * dim + j];
    }
  for (let i = 0; i < dim; i++) normal[i * dim + i] += ridge;
  return solve(normal, right, dim);
}

const TINY = 1e-12;

/** Solves A w = r for the symmetric A whose lower half is given, and is overwritten by its factor. */
function solve(a: Float64Array, right: Float64Array, dim: number): Float64Array {
  const free = new Array<boolean>(dim).fill(true);
  for (let i = 0; i < dim; i++) {
    const scale = a[i * dim + i];
    for (let j = 0; j <= i; j++) {
      let sum = a[i * dim + j];
      for (let k = 0; k < j; k++) sum -= a[i * dim + k] * a[j * dim + k];
      if (i !== j) {
        a[i * dim + j] = free[j] ? sum / a[j * dim + j] : 0;
        continue;
      }
      free[i] = sum > TINY * scale;
      a[i * dim + i] = free[i] ? Math.sqrt(sum) : 1;
    }
  }
  const w = Float64Array.from(right);
  for (let i = 0; i < dim; i++) {
    for (let k = 0; k < i; k++) w[i] -= a[i * dim + k] * w[k];
    w[i] = free[i] ? w[i] / a[i * dim + i] : 0;
  }
  for (let i = dim - 1; i >= 0; i--) {
    for (let k = i + 1; k < dim; k++) w[i] -= a[k * dim + i] * w[k];
    w[i] = free[i] ? w[i] / a[i * dim + i] : 0;
  }
  return w;
}

/** Σ (y − x·w)². */
export function residualSquares({ rows, dim, targets }: Regression, weights: ArrayLike<number>): number {
  let sum = 0;
  for (let n = 0; n < targets.length; n++) {
    let off = targets[n];
    for (let i = 0; i < dim; i++) off -= rows[n * dim + i] * weights[i];
    sum += off * off;
  }
  return sum;
}
