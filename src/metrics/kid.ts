import { forEachProductRow } from "./distances.js";
import { type Features, type RandomSource, requireCount, requireSameDim, sampleRows } from "./features.js";

export interface KidOptions {
  /** How many subsets are averaged (100). */
  subsets?: number;
  /** Vectors of each set in a subset (1000; fewer where a set is smaller). */
  subsetSize?: number;
  random: RandomSource;
}

export interface Kid {
  /** Mean over the subsets. */
  value: number;
  /** Standard deviation over the subsets. */
  deviation: number;
  /** MMD² of each subset. */
  estimates: number[];
}

/**
 * Kernel distance (KID, 1801.01401): unbiased MMD² with the kernel k(x, y) = (⟨x, y⟩ / dim + 1)³, averaged over random
 * subsets drawn without replacement. Unbiased, so it may be slightly negative.
 */
export function kernelDistance(samples: Features, reference: Features, options: KidOptions): Kid {
  const { subsets = 100, random } = options;
  const size = Math.min(options.subsetSize ?? 1000, samples.count, reference.count);
  if (!Number.isInteger(subsets) || subsets < 1)
    throw new RangeError(`subsets must be a positive integer, not ${subsets}.`);
  const estimates = Array.from({ length: subsets }, () =>
    polynomialMmd2(sampleRows(samples, size, random), sampleRows(reference, size, random)),
  );
  const value = estimates.reduce((sum, x) => sum + x, 0) / subsets;
  const deviation = Math.sqrt(estimates.reduce((sum, x) => sum + (x - value) ** 2, 0) / subsets);
  return { value, deviation, estimates };
}

/** Unbiased MMD² of two sets with the kernel (⟨x, y⟩ / dim + 1)³. */
export function polynomialMmd2(a: Features, b: Features): number {
  requireSameDim(a, b);
  requireCount(a, 2, "The kernel distance");
  requireCount(b, 2, "The kernel distance");
  const cross = cubicKernelSum(a, b, false) / (a.count * b.count);
  const within = (x: Features) => cubicKernelSum(x, x, true) / (x.count * (x.count - 1));
  return within(a) + within(b) - 2 * cross;
}

function cubicKernelSum(a: Features, b: Features, skipDiagonal: boolean): number {
  let total = 0;
  forEachProductRow(a, b, (i, row) => {
    for (let j = 0; j < row.length; j++) {
      const base = row[j] / a.dim + 1;
      if (!skipDiagonal || i !== j) total += base * base * base;
    }
  });
  return total;
}
