const HALF_LOG_2PI = 0.9189385332046727;

/** log φ(z). */
export const logDensity = (z: number): number => -0.5 * z * z - HALF_LOG_2PI;

/** log of ∫_z^∞ φ / φ(z) for z ≥ 2.5, by its continued fraction 1/(z + 1/(z + 2/(z + …))). */
function logMills(z: number): number {
  let tail = z;
  for (let n = 120; n >= 1; n--) tail = z + n / tail;
  return -Math.log(tail);
}

/** log Φ(z) of the standard normal distribution, float64, relative error about 1e-13 for any z. */
export function logNormalCdf(z: number): number {
  if (z < -2.5) return logDensity(z) + logMills(-z);
  if (z > 2.5) return Math.log1p(-Math.exp(logDensity(z) + logMills(z)));
  let term = z;
  let sum = z;
  for (let n = 3; Math.abs(term) > 1e-18; n += 2) {
    term *= (z * z) / n;
    sum += term;
  }
  return Math.log(0.5 + Math.exp(logDensity(z)) * sum);
}

/** log E[e^X | X < limit] for X ~ N(0, scale²). */
export function logMeanExpBelow(limit: number, scale: number): number {
  return (scale * scale) / 2 + logNormalCdf(limit / scale - scale) - logNormalCdf(limit / scale);
}
