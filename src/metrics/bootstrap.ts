import type { Features, RandomSource } from "./features.js";
import { gaussianStatistics } from "./statistics.js";

/** [low, high], 95 %. */
export type Interval = [low: number, high: number];

export interface BootstrapOptions {
  resamples?: number;
  random: RandomSource;
}

/**
 * Normal bootstrap interval, `estimate` ± 1.96 standard deviations of `statistic` over resamples with replacement of
 * `count` rows, given as row indices. It is placed at the estimate, not at the resamples' mean, since repeated rows
 * bias distances upward; and the standard deviation is already steady with 50 resamples.
 */
export function bootstrap(
  count: number,
  estimate: number,
  statistic: (rows: Uint32Array) => number,
  { resamples = 200, random }: BootstrapOptions,
): Interval {
  if (!Number.isInteger(resamples) || resamples < 2)
    throw new RangeError(`resamples must be at least 2, not ${resamples}.`);
  if (!(Number.isInteger(count) && count >= 1)) throw new RangeError(`There is nothing to resample: ${count} rows.`);
  if (!Number.isFinite(estimate)) throw new RangeError(`An interval is for a finite estimate, not ${estimate}.`);
  const rows = new Uint32Array(count);
  let mean = 0;
  let squares = 0;
  for (let r = 1; r <= resamples; r++) {
    for (let i = 0; i < count; i++) rows[i] = random.integer(count);
    const value = statistic(rows);
    const step = value - mean;
    mean += step / r;
    squares += step * (value - mean);
  }
  const margin = 1.96 * Math.sqrt(squares / (resamples - 1));
  return [estimate - margin, estimate + margin];
}

/** Interval of the mean of `terms`. */
export function bootstrapMean(terms: ArrayLike<number>, options: BootstrapOptions): Interval {
  const meanOf = (rows: Uint32Array) => rows.reduce((sum, row) => sum + terms[row], 0) / rows.length;
  const every = Uint32Array.from({ length: terms.length }, (_, i) => i);
  return bootstrap(terms.length, meanOf(every), meanOf, options);
}

/** Interval of a Fréchet distance `distance(statistics of samples)` to a fixed reference (50 resamples). */
export function bootstrapFrechet(
  samples: Features,
  distance: (statistics: ReturnType<typeof gaussianStatistics>) => number,
  { resamples = 50, random }: BootstrapOptions,
): Interval {
  const times = new Uint32Array(samples.count);
  const resampled = (rows: Uint32Array) => {
    times.fill(0);
    for (const row of rows) times[row]++;
    return distance(gaussianStatistics(samples, times));
  };
  return bootstrap(samples.count, distance(gaussianStatistics(samples)), resampled, { resamples, random });
}
