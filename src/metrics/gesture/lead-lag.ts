import { correlation, type Rows } from "./rows.js";

export interface LeadLag {
  /** Frames by which `b` follows `a` where they are most alike. */
  readonly lag: number;
  /** Their correlation there, in [−1, 1]. */
  readonly peak: number;
  /** The correlation at each lag from −most to most. */
  readonly curve: Float64Array;
}

/**
 * Windowed cross-correlation: the correlation of a(t) with b(t + lag) in windows of 4 s, one a second, averaged over
 * windows and over pairs, for every lag up to 1 s in both directions; and where it is highest.
 * @param pairs Two series [T] of each pair, one number a frame
 * @throws RangeError where no pair is as long as a window and its lags
 */
export function leadLag(pairs: readonly (readonly [Rows, Rows])[], fps: number): LeadLag {
  const [window, step, most] = [4 * fps, fps, fps].map(Math.round);
  const curve = new Float64Array(2 * most + 1);
  let windows = 0;
  for (const [a, b] of pairs)
    for (let start = most; start + window + most <= Math.min(a.length, b.length); start += step) {
      windows++;
      for (let lag = -most; lag <= most; lag++)
        curve[lag + most] += correlation(a, b, { a0: start, b0: start + lag, count: window });
    }
  if (windows === 0)
    throw new RangeError(
      `Windows of ${window} frames with lags of ${most} need series of ${window + 2 * most} frames.`,
    );
  for (let i = 0; i < curve.length; i++) curve[i] /= windows;
  const peak = Math.max(...curve);
  return { lag: curve.indexOf(peak) - most, peak, curve };
}
