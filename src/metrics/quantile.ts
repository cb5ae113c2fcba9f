/** The p-quantile (0 ≤ p ≤ 1) with linear interpolation between order statistics. */
export function quantile(values: ArrayLike<number>, p: number): number {
  if (values.length === 0) throw new RangeError("A quantile needs at least one value.");
  if (!(p >= 0 && p <= 1)) throw new RangeError(`A quantile is for a share between 0 and 1, not ${p}.`);
  const sorted = Float64Array.from(values).sort();
  const at = p * (sorted.length - 1);
  const below = Math.floor(at);
  return sorted[below] + (at - below) * (sorted[Math.min(below + 1, sorted.length - 1)] - sorted[below]);
}

/** The arithmetic mean. */
export function mean(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i];
  return sum / values.length;
}
