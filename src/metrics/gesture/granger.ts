import { leastSquares, type Regression, residualSquares } from "../least-squares.js";
import type { Rows } from "./rows.js";

/** Frames of the past that are looked at. */
export const GRANGER_LAGS = 15;

/**
 * Granger's gain ln(RSS₀ / RSS₁) ≥ 0: how much better the last 15 frames of `cause` with those of `effect` itself (RSS₁)
 * foretell `effect` than its own last 15 frames (RSS₀), in sample, by least squares with a constant. Series of several
 * pairs are taken together; 0 where nothing is left to be foretold.
 * @param pairs Series [T] of effect and cause, one number a frame
 * @throws RangeError where there are fewer frames than weights
 */
export function grangerGain(pairs: readonly { effect: Rows; cause: Rows }[], lags = GRANGER_LAGS): number {
  const full = 2 * lags + 1;
  const [rows, targets]: number[][] = [[], []];
  for (const { effect, cause } of pairs)
    for (let t = lags; t < Math.min(effect.length, cause.length); t++) {
      rows.push(1);
      for (let k = 1; k <= lags; k++) rows.push(effect[t - k]);
      for (let k = 1; k <= lags; k++) rows.push(cause[t - k]);
      targets.push(effect[t]);
    }
  if (targets.length <= full)
    throw new RangeError(`${targets.length} frames are too few for the ${full} weights of ${lags} lags.`);
  const both: Regression = { rows, dim: full, targets };
  const own: Regression = { rows: rows.filter((_, at) => at % full <= lags), dim: lags + 1, targets };
  const [restricted, whole] = [own, both].map((one) => residualSquares(one, leastSquares(one)));
  return whole > 0 ? Math.max(0, Math.log(restricted / whole)) : 0;
}
