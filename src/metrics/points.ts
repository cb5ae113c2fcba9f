import { forEachDistanceRow } from "./distances.js";
import { type Features, type RandomSource, requireCount, requireSameDim } from "./features.js";

/**
 * Wasserstein-1 distance of two one-dimensional samples: ∫ |F⁻¹ - G⁻¹| over the two quantile functions. Both arrays are
 * sorted in place.
 */
export function wasserstein1(a: Float64Array, b: Float64Array): number {
  a.sort();
  b.sort();
  let total = 0;
  let reached = 0;
  for (let i = 0, j = 0; i < a.length && j < b.length; ) {
    const endA = (i + 1) * b.length;
    const endB = (j + 1) * a.length;
    const end = Math.min(endA, endB);
    total += (end - reached) * Math.abs(a[i] - b[j]);
    reached = end;
    if (endA === end) i++;
    if (endB === end) j++;
  }
  return total / (a.length * b.length);
}

/** Sliced Wasserstein-1 distance: the mean of {@link wasserstein1} over random projections (128 directions). */
export function slicedWasserstein1(
  samples: Features,
  reference: Features,
  options: { directions?: number; random: RandomSource },
): number {
  requireSameDim(samples, reference);
  const { directions = 128, random } = options;
  const direction = new Float64Array(samples.dim);
  let total = 0;
  for (let s = 0; s < directions; s++) {
    for (let i = 0; i < direction.length; i++) direction[i] = random.normal();
    const norm = Math.hypot(...direction);
    for (let i = 0; i < direction.length; i++) direction[i] /= norm;
    total += wasserstein1(project(samples, direction), project(reference, direction));
  }
  return total / directions;
}

function project({ data, count, dim }: Features, direction: Float64Array): Float64Array {
  const projected = new Float64Array(count);
  for (let i = 0; i < count; i++) for (let j = 0; j < dim; j++) projected[i] += data[i * dim + j] * direction[j];
  return projected;
}

/** Unbiased energy distance 2 E|x - y| - E|x - x'| - E|y - y'|, x' ≠ x; about zero for equal distributions. */
export function energyDistance(samples: Features, reference: Features): number {
  return unbiasedDiscrepancy(samples, reference, (squared) => -Math.sqrt(squared));
}

/** Unbiased MMD² with the Gaussian kernel exp(-|x - y|² / 2σ²). */
export function gaussianMmd2(samples: Features, reference: Features, sigma: number): number {
  if (!(sigma > 0)) throw new RangeError(`The kernel width sigma must be positive, not ${sigma}.`);
  return unbiasedDiscrepancy(samples, reference, (squared) => Math.exp(-squared / (2 * sigma * sigma)));
}

/** E k(x, x') + E k(y, y') - 2 E k(x, y) over different pairs, for a kernel of the squared distance. */
function unbiasedDiscrepancy(a: Features, b: Features, kernel: (squared: number) => number): number {
  requireSameDim(a, b);
  requireCount(a, 2, "An unbiased discrepancy");
  requireCount(b, 2, "An unbiased discrepancy");
  const within = (x: Features) => kernelSum(x, x, kernel, true) / (x.count * (x.count - 1));
  return within(a) + within(b) - (2 * kernelSum(a, b, kernel, false)) / (a.count * b.count);
}

function kernelSum(a: Features, b: Features, kernel: (squared: number) => number, skipDiagonal: boolean): number {
  let total = 0;
  forEachDistanceRow(a, b, (i, squared) => {
    for (let j = 0; j < squared.length; j++) if (!skipDiagonal || i !== j) total += kernel(squared[j]);
  });
  return total;
}

export interface ModeCoverage {
  /** `hq`: share of the samples within `radius` of a centre. */
  highQuality: number;
  /** Centres that hold more than `threshold` of all samples. */
  modes: number;
  /** Share of all samples within `radius` of each centre (of their nearest one): [centres]. */
  shares: Float64Array;
}

/**
 * Which modes of a mixture the samples reach: those within `radius` (0.2) of a centre, with over 2 % of all samples.
 */
export function modeCoverage(
  samples: Features,
  centres: Features,
  { radius = 0.2, threshold = 0.02 }: { radius?: number; threshold?: number } = {},
): ModeCoverage {
  const shares = new Float64Array(centres.count);
  forEachDistanceRow(samples, centres, (_, squared) => {
    let nearest = 0;
    for (let j = 1; j < squared.length; j++) if (squared[j] < squared[nearest]) nearest = j;
    if (squared[nearest] <= radius * radius) shares[nearest] += 1 / samples.count;
  });
  return {
    highQuality: shares.reduce((sum, share) => sum + share, 0),
    modes: shares.filter((share) => share > threshold).length,
    shares,
  };
}

/** Centres of a ring mixture: `count` points at equal angles, the first at angle 0; `gaussians-8` has 8 at radius 1. */
export function ringCentres(count = 8, radius = 1): Features {
  const angles = Array.from({ length: count }, (_, i) => (2 * Math.PI * i) / count);
  return {
    data: Float32Array.from(angles.flatMap((t) => [radius * Math.cos(t), radius * Math.sin(t)])),
    count,
    dim: 2,
  };
}
