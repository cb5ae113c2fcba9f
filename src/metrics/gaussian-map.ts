import { addProductTransposed, mirrorLower, symmetricEigen } from "./linalg.js";

/** A Gaussian of `dim` dimensions: mean [dim] and covariance [dim, dim]. */
export interface Gaussian {
  dim: number;
  mean: Float64Array;
  covariance: Float64Array;
}

/** How one Gaussian N(μ₁, Σ₁) is carried to another N(μ₂, Σ₂) at least cost. */
export interface GaussianMap {
  /** Squared Fréchet distance of the two. */
  distance: number;
  /** |μ₁ − μ₂|², its part between the means. */
  means: number;
  /** Symmetric T [dim, dim] with TΣ₁T = Σ₂; the map is M(f) = μ₂ + T(f − μ₁). */
  transport: Float64Array;
}

/** Eigenvalues below this share of the largest count as this share: a collapsed side has no inverse. */
const LEAST = 1e-7;
/**
 * A side whose variance is less than this share of the target's counts as that: T then stays within about 3·10¹⁰, where
 * float32 ends at 10³⁸. No numbers near the smallest are used, which the native runtime has flushed to 0 from its first run on.
 */
const COLLAPSED = 1e-14;

/**
 * The optimal transport from a Gaussian to `target`, whose root is computed once:
 * T = Σ₂^½ (Σ₂^½ Σ₁ Σ₂^½)^(−½) Σ₂^½ and FD = |μ₁ − μ₂|² + tr Σ₁ + tr Σ₂ − 2 tr (Σ₂^½ Σ₁ Σ₂^½)^½.
 * Where Σ₁ comes from n samples with divisor n, FD has the gradient (2/n)(f − M(f)) in each of them.
 */
export function gaussianMapTo(target: Gaussian): (from: Gaussian) => GaussianMap {
  const { dim } = target;
  const of = symmetricEigen(target.covariance, dim);
  const root = symmetricPower(of, dim, (value) => Math.sqrt(Math.max(value, 0)));
  const least = COLLAPSED * of.values[dim - 1] ** 2;
  return (from) => {
    const eigen = symmetricEigen(sandwich(root, from.covariance, dim), dim);
    const largest = Math.max(eigen.values[dim - 1], least) || 1; // all is 0 where the target has no spread
    const inverse = symmetricPower(eigen, dim, (value) => 1 / Math.sqrt(Math.max(value, LEAST * largest)));
    let means = 0;
    let spread = 0;
    for (let i = 0; i < dim; i++) {
      means += (from.mean[i] - target.mean[i]) ** 2;
      spread += from.covariance[i * dim + i] + target.covariance[i * dim + i];
    }
    const shared = eigen.values.reduce((sum, value) => sum + Math.sqrt(Math.max(value, 0)), 0);
    const transport = sandwich(root, inverse, dim);
    return { distance: Math.max(means + spread - 2 * shared, 0), means, transport };
  };
}

/** Σ power(λ_i) u_i u_iᵀ [n, n]. */
function symmetricPower(
  { values, vectors }: { values: Float64Array; vectors: Float64Array },
  n: number,
  power: (value: number) => number,
): Float64Array {
  const columns = new Float64Array(n * n);
  const scaled = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    const scale = power(values[i]);
    for (let j = 0; j < n; j++) {
      columns[j * n + i] = vectors[i * n + j];
      scaled[j * n + i] = scale * vectors[i * n + j];
    }
  }
  const product = new Float64Array(n * n);
  addProductTransposed(scaled, columns, n, n, n, product, true);
  mirrorLower(product, n);
  return product;
}

/** R S R for symmetric R and S [n, n]. */
function sandwich(r: Float64Array, s: Float64Array, n: number): Float64Array {
  const half = new Float64Array(n * n);
  addProductTransposed(r, s, n, n, n, half);
  const product = new Float64Array(n * n);
  addProductTransposed(half, r, n, n, n, product, true);
  mirrorLower(product, n);
  return product;
}
