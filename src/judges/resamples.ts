import { OptionError } from "../io/wrong-use.js";
import type { RandomSource } from "../metrics/features.js";
import { bootstrapMean, type MetricReport } from "../metrics/index.js";

/** @throws OptionError where that is no number of bootstrap resamples; 0 leaves intervals out. */
export function requireResamples(resamples: number | undefined): void {
  if (resamples !== undefined && !(Number.isInteger(resamples) && resamples >= 0 && resamples !== 1))
    throw new OptionError(`resamples must be 0 or a whole number of at least 2, got ${resamples}.`);
}

/** Interval of a mean; null without resamples, and of a single value, of which no spread is known. */
export const intervalOfMean = (
  values: Float64Array,
  options: { resamples?: number; random: RandomSource },
): MetricReport["interval"] => (options.resamples === 0 || values.length < 2 ? null : bootstrapMean(values, options));
