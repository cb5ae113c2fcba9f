/** Dense float64 linear algebra on row-major arrays: just what the metrics need, fast enough for 2048 dimensions. */

const BLOCK = 1 << 15; // numbers of `b` kept near the processor while all of `a` passes by

/**
 * out += a bᵀ for a [m, k] and b [n, k] (out [m, n]). With `lower`, m = n and only the lower triangle is sure to be
 * complete; the upper is left undefined.
 */
export function addProductTransposed(
  a: Float64Array,
  b: Float64Array,
  m: number,
  n: number,
  k: number,
  out: Float64Array,
  lower = false,
): void {
  const step = Math.max(2, Math.floor(BLOCK / k) & ~1);
  for (let j0 = 0; j0 < n; j0 += step) {
    const j1 = Math.min(n, j0 + step);
    for (let i = lower ? j0 - (j0 % 4) : 0; i < m; i += 4) {
      const end = lower ? Math.min(j1, i + 4) : j1;
      if (i + 4 > m) {
        for (let r = i; r < m; r++) for (let j = j0; j < end; j++) out[r * n + j] += dotRows(a, r * k, b, j * k, k);
        break;
      }
      let j = j0;
      for (; j + 2 <= end; j += 2) tile(a, i * k, b, j * k, k, out, i * n + j, n);
      if (j < end) for (let r = i; r < i + 4; r++) out[r * n + j] += dotRows(a, r * k, b, j * k, k);
    }
  }
}

/** Adds the 4 × 2 products of rows of a and b to `out`. */
function tile(
  a: Float64Array,
  a0: number,
  b: Float64Array,
  b0: number,
  k: number,
  out: Float64Array,
  o: number,
  n: number,
) {
  const a1 = a0 + k;
  const a2 = a1 + k;
  const a3 = a2 + k;
  const b1 = b0 + k;
  let s00 = 0;
  let s01 = 0;
  let s10 = 0;
  let s11 = 0;
  let s20 = 0;
  let s21 = 0;
  let s30 = 0;
  let s31 = 0;
  for (let i = 0; i < k; i++) {
    const x = b[b0 + i];
    const y = b[b1 + i];
    const p = a[a0 + i];
    const q = a[a1 + i];
    s00 += p * x;
    s01 += p * y;
    s10 += q * x;
    s11 += q * y;
    const r = a[a2 + i];
    const s = a[a3 + i];
    s20 += r * x;
    s21 += r * y;
    s30 += s * x;
    s31 += s * y;
  }
  out[o] += s00;
  out[o + 1] += s01;
  out[o + n] += s10;
  out[o + n + 1] += s11;
  out[o + 2 * n] += s20;
  out[o + 2 * n + 1] += s21;
  out[o + 3 * n] += s30;
  out[o + 3 * n + 1] += s31;
}

function dotRows(a: Float64Array, a0: number, b: Float64Array, b0: number, k: number): number {
  let sum = 0;
  for (let i = 0; i < k; i++) sum += a[a0 + i] * b[b0 + i];
  return sum;
}

/** Copies the lower triangle of a [n, n] onto the upper one. */
export function mirrorLower(a: Float64Array, n: number): void {
  for (let i = 0; i < n; i++) for (let j = 0; j < i; j++) a[j * n + i] = a[i * n + j];
}

/** Eigenvalues in ascending order, and the eigenvectors as the *rows* of `vectors` [n, n]. */
export interface Eigen {
  values: Float64Array;
  vectors: Float64Array;
}

/**
 * Eigendecomposition of a symmetric matrix [n, n]: Householder reduction to tridiagonal form, then QL iterations with
 * implicit Wilkinson shifts (Golub & Van Loan, §8.3). About 9 n³ multiplications.
 * @throws RangeError where the matrix has a NaN or an infinity.
 */
export function symmetricEigen(matrix: Float64Array, n: number): Eigen {
  const reduced = tridiagonalize(matrix, n);
  const vectors = new Float64Array(n * n);
  for (let i = 0; i < n; i++) vectors[i * n + i] = 1;
  implicitQL(reduced.diagonal, reduced.offDiagonal, vectors);
  applyReflectors(vectors, reduced.reflectors, n);
  return sortEigen(reduced.diagonal, vectors, n);
}

/** The eigenvalues of a symmetric matrix [n, n], ascending; several times faster than {@link symmetricEigen}. */
export function symmetricEigenvalues(matrix: Float64Array, n: number): Float64Array {
  const { diagonal, offDiagonal } = tridiagonalize(matrix, n);
  implicitQL(diagonal, offDiagonal);
  return diagonal.sort();
}

/**
 * Householder reduction QᵀAQ = T. `reflectors` holds in row k, from column k + 1, the vector v of H_k = I - v vᵀ
 * (so |v|² = 2, or v = 0; k ≤ n - 3), with Q = H_0 H_1 ….
 */
function tridiagonalize(matrix: Float64Array, n: number) {
  const a = Float64Array.from(matrix);
  if (a.length !== n * n)
    throw new RangeError(`A symmetric matrix of order ${n} has ${n * n} entries, not ${a.length}.`);
  if (!a.every(Number.isFinite)) throw new RangeError("The matrix has entries that are not finite.");
  const diagonal = new Float64Array(n);
  const offDiagonal = new Float64Array(n);
  const v = new Float64Array(n);
  const w = new Float64Array(n);
  for (let k = 0; k < n - 1; k++) {
    diagonal[k] = a[k * n + k];
    offDiagonal[k] = columnReflector(a, n, k, v);
    if (k === n - 2) break;
    rankTwoUpdate(a, n, k + 1, v, w);
    for (let j = k + 1; j < n; j++) a[k * n + j] = v[j];
  }
  if (n > 0) diagonal[n - 1] = a[n * n - 1];
  return { diagonal, offDiagonal, reflectors: a };
}

/** Sets v so that I - v vᵀ maps column k below the diagonal to a multiple of e_{k+1}; returns that multiple. */
function columnReflector(a: Float64Array, n: number, k: number, v: Float64Array): number {
  const first = a[(k + 1) * n + k];
  if (k === n - 2) return first;
  let scale = 0;
  for (let i = k + 1; i < n; i++) scale = Math.max(scale, Math.abs(a[i * n + k]));
  if (scale === 0) {
    v.fill(0, k + 1);
    return 0;
  }
  let square = 0;
  for (let i = k + 1; i < n; i++) {
    v[i] = a[i * n + k] / scale;
    square += v[i] * v[i];
  }
  const norm = Math.sqrt(square);
  const sign = first < 0 ? -1 : 1;
  const length = Math.sqrt(norm * (norm + Math.abs(v[k + 1])));
  v[k + 1] += sign * norm;
  for (let i = k + 1; i < n; i++) v[i] /= length;
  return -sign * norm * scale;
}

/** A ← H A H for H = I - v vᵀ on rows and columns from `start`; lower triangle only. */
function rankTwoUpdate(a: Float64Array, n: number, start: number, v: Float64Array, w: Float64Array): void {
  w.fill(0, start);
  for (let i = start; i < n; i++) {
    const row = i * n;
    const vi = v[i];
    let sum = a[row + i] * vi;
    for (let j = start; j < i; j++) {
      const value = a[row + j];
      sum += value * v[j];
      w[j] += value * vi;
    }
    w[i] += sum;
  }
  let half = 0;
  for (let i = start; i < n; i++) half += v[i] * w[i];
  half /= 2;
  for (let i = start; i < n; i++) w[i] -= half * v[i];
  for (let i = start; i < n; i++) {
    const row = i * n;
    const vi = v[i];
    const wi = w[i];
    for (let j = start; j <= i; j++) a[row + j] -= vi * w[j] + wi * v[j];
  }
}

/**
 * QL with implicit shifts on a tridiagonal matrix: `d` becomes the eigenvalues, `e` is consumed, and each rotation is
 * applied to the rows of `vectors` where given.
 */
function implicitQL(d: Float64Array, e: Float64Array, vectors?: Float64Array): void {
  const n = d.length;
  const negligible = Number.EPSILON * d.reduce((most, value, i) => Math.max(most, Math.abs(value), Math.abs(e[i])), 0);
  for (let l = 0; l < n; l++) {
    for (let iteration = 0; ; iteration++) {
      let m = l;
      while (m < n - 1 && Math.abs(e[m]) > Number.EPSILON * (Math.abs(d[m]) + Math.abs(d[m + 1])) + negligible) m++;
      if (m === l) break;
      if (iteration === 64) throw new Error(`The eigenvalue iteration of a matrix of order ${n} did not converge.`);
      const gap = (d[l + 1] - d[l]) / (2 * e[l]);
      let g = d[m] - d[l] + e[l] / (gap + (gap < 0 ? -1 : 1) * Math.hypot(gap, 1));
      let [sine, cosine, p] = [1, 1, 0];
      let i = m - 1;
      for (; i >= l; i--) {
        const f = sine * e[i];
        const b = cosine * e[i];
        const r = Math.sqrt(f * f + g * g);
        e[i + 1] = r;
        if (r === 0) {
          d[i + 1] -= p;
          e[m] = 0;
          break;
        }
        sine = f / r;
        cosine = g / r;
        g = d[i + 1] - p;
        const t = (d[i] - g) * sine + 2 * cosine * b;
        p = sine * t;
        d[i + 1] = g + p;
        g = cosine * t - b;
        if (vectors) rotateRows(vectors, i * n, n, cosine, sine);
      }
      if (i >= l) continue;
      d[l] -= p;
      e[l] = g;
      e[m] = 0;
    }
  }
}

function rotateRows(z: Float64Array, row: number, n: number, cosine: number, sine: number): void {
  const next = row + n;
  for (let k = 0; k < n; k++) {
    const lower = z[row + k];
    const upper = z[next + k];
    z[next + k] = sine * lower + cosine * upper;
    z[row + k] = cosine * lower - sine * upper;
  }
}

/** Maps eigenvectors (rows) of the tridiagonal matrix to those of the original: z ← H_0 H_1 … z. */
function applyReflectors(vectors: Float64Array, reflectors: Float64Array, n: number): void {
  const group = Math.max(1, Math.floor(BLOCK / n));
  for (let first = 0; first < n; first += group) {
    const last = Math.min(n, first + group);
    for (let k = n - 3; k >= 0; k--) {
      const v = k * n;
      for (let row = first * n; row < last * n; row += n) {
        let dot = 0;
        for (let j = k + 1; j < n; j++) dot += reflectors[v + j] * vectors[row + j];
        for (let j = k + 1; j < n; j++) vectors[row + j] -= dot * reflectors[v + j];
      }
    }
  }
}

function sortEigen(values: Float64Array, vectors: Float64Array, n: number): Eigen {
  const order = Array.from(values.keys()).sort((i, j) => values[i] - values[j]);
  const sorted = new Float64Array(n * n);
  order.forEach((from, to) => {
    sorted.set(vectors.subarray(from * n, (from + 1) * n), to * n);
  });
  return { values: Float64Array.from(order, (i) => values[i]), vectors: sorted };
}

/**
 * The rows √λ_i u_i of a positive semidefinite matrix S = Σ λ_i u_i u_iᵀ [n, n], so that S = RᵀR: R is [rank, n].
 * Eigenvalues at rounding error of the largest are dropped.
 */
export function semidefiniteRoot(matrix: Float64Array, n: number): { root: Float64Array; rank: number } {
  const { values, vectors } = symmetricEigen(matrix, n);
  const least = n * Number.EPSILON * Math.max(values[n - 1], 0);
  const firstKept = values.findIndex((value) => value > least);
  const kept = firstKept < 0 ? n : firstKept;
  const root = vectors.slice(kept * n);
  for (let i = kept; i < n; i++) {
    const scale = Math.sqrt(values[i]);
    for (let j = 0; j < n; j++) root[(i - kept) * n + j] *= scale;
  }
  return { root, rank: n - kept };
}

/**
 * tr (S₁S₂)^½ for positive semidefinite matrices, S₁ = RᵀR given as R [rank, n]: the sum of the square roots of the
 * eigenvalues of R S₂ Rᵀ, which are those of S₁^½ S₂ S₁^½.
 */
export function traceSqrtProduct(root: Float64Array, rank: number, second: Float64Array, n: number): number {
  const half = new Float64Array(rank * n);
  addProductTransposed(root, second, rank, n, n, half);
  const product = new Float64Array(rank * rank);
  addProductTransposed(half, root, rank, rank, n, product, true);
  mirrorLower(product, rank);
  return symmetricEigenvalues(product, rank).reduce((sum, value) => sum + Math.sqrt(Math.max(value, 0)), 0);
}
