import { forEachProductRow } from "./distances.js";
import { type Features, type RandomSource, requireCount, requireSameDim, sampleRows } from "./features.js";
import { mean } from "./quantile.js";

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
  /** Standard error of `value` over the choice of samples and of subsets, the reference being held fixed. */
  error: number;
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
  const compared = Array.from({ length: subsets }, () =>
    compare(sampleRows(samples, size, random), sampleRows(reference, size, random)),
  );
  const estimates = compared.map(({ value }) => value);
  const value = mean(estimates);
  const deviation = Math.sqrt(mean(estimates.map((x) => (x - value) ** 2)));
  // The variance of a U-statistic of all samples, and what the choice of subsets adds to it
  const n = samples.count;
  const first = Math.max(0, mean(compared.map(({ first }) => first)));
  const second =
    (2 * mean(compared.map(({ within }) => within))) / (n - 1) +
    (4 * mean(compared.map(({ across }) => across))) / reference.count;
  const error = Math.sqrt((4 * first + second) / n + deviation ** 2 / subsets);
  return { value, deviation, estimates, error };
}

/** Unbiased MMD² of two sets with the kernel (⟨x, y⟩ / dim + 1)³. */
export const polynomialMmd2 = (a: Features, b: Features): number => compare(a, b).value;

/**
 * MMD² of two sets, and how the vectors of `a` scatter in it: the variance of a vector's own term, mean k(a_i, a) −
 * mean k(a_i, b), without the noise of its partners (`first`), and the mean variance of k(a_i, ·) over partners in `a`
 * and in `b`.
 */
function compare(a: Features, b: Features): { value: number; first: number; within: number; across: number } {
  requireSameDim(a, b);
  requireCount(a, 2, "The kernel distance");
  requireCount(b, 2, "The kernel distance");
  const [own, cross, other] = [kernelRows(a, a, true), kernelRows(a, b, false), kernelRows(b, b, true)];
  const terms = own.means.map((value, i) => value - cross.means[i]);
  const middle = mean(terms);
  const scatter = terms.reduce((sum, term) => sum + (term - middle) ** 2, 0) / (a.count - 1);
  return {
    value: mean(own.means) + mean(other.means) - 2 * mean(cross.means),
    first: scatter - own.variance / (a.count - 1) - cross.variance / b.count,
    within: own.variance,
    across: cross.variance,
  };
}

/** Mean of k(a_i, b_j) over j for each row i, and the mean of the rows' variances. */
function kernelRows(a: Features, b: Features, skipDiagonal: boolean): { means: Float64Array; variance: number } {
  const means = new Float64Array(a.count);
  const count = skipDiagonal ? b.count - 1 : b.count;
  let variance = 0;
  forEachProductRow(a, b, (i, row) => {
    let [sum, squares] = [0, 0];
    for (let j = 0; j < row.length; j++) {
      if (skipDiagonal && i === j) continue;
      const base = row[j] / a.dim + 1;
      const value = base * base * base;
      sum += value;
      squares += value * value;
    }
    means[i] = sum / count;
    variance += Math.max(0, squares - sum * means[i]) / Math.max(1, count - 1) / a.count;
  });
  return { means, variance };
}
