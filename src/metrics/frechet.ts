import { type Features, requireSameDim } from "./features.js";
import { semidefiniteRoot, traceSqrtProduct } from "./linalg.js";
import { type GaussianStatistics, gaussianStatistics } from "./statistics.js";

/**
 * Squared Fréchet distance between the Gaussians of two feature sets, |μ₁ - μ₂|² + tr(S₁ + S₂ - 2 (S₁S₂)^½), the form
 * that "FID" (1706.08500) uses; call it FID only where the features are those of its Inception network.
 * The trace is that of the symmetric (S₁^½ S₂ S₁^½)^½. It is biased upward by about 1/count: compare equal counts.
 */
export function frechetDistance(a: Features | GaussianStatistics, b: Features | GaussianStatistics): number {
  return frechetTo(a)(b);
}

/** {@link frechetDistance} to one reference, whose eigendecomposition is made once: for many sets against it. */
export function frechetTo(reference: Features | GaussianStatistics): (other: Features | GaussianStatistics) => number {
  const first = statisticsOf(reference);
  const { root, rank } = semidefiniteRoot(first.covariance, first.dim);
  return (other) => {
    requireSameDim(first, other);
    const second = statisticsOf(other);
    let distance = -2 * traceSqrtProduct(root, rank, second.covariance, first.dim);
    for (let i = 0; i < first.dim; i++) {
      const diagonal = i * first.dim + i;
      distance += (first.mean[i] - second.mean[i]) ** 2 + first.covariance[diagonal] + second.covariance[diagonal];
    }
    return Math.max(distance, 0);
  };
}

function statisticsOf(set: Features | GaussianStatistics): GaussianStatistics {
  return "covariance" in set ? set : gaussianStatistics(set);
}
