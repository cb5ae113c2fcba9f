/**
 * Whole numbers that add up to `count`, each less than one away from its share of it: what rounding down leaves goes to
 * the largest remainders, the earlier of equal ones first. Shares add up to 1.
 */
export function quotas(shares: readonly number[], count: number): number[] {
  const exact = shares.map((share) => share * count);
  const whole = exact.map(Math.floor);
  const left = count - whole.reduce((a, b) => a + b, 0);
  const order = exact.map((value, i) => ({ i, rest: value - whole[i] })).sort((a, b) => b.rest - a.rest || a.i - b.i);
  for (const { i } of order.slice(0, left)) whole[i]++;
  return whole;
}
