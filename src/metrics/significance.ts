/** log n! for 0 … n. */
function logFactorials(n: number): Float64Array {
  const logs = new Float64Array(n + 1);
  for (let i = 2; i <= n; i++) logs[i] = logs[i - 1] + Math.log(i);
  return logs;
}

/**
 * Fisher's exact test, one-sided: the probability of at least `hits` hits among `n` of `all` items that have `total`
 * hits, were the n drawn at random.
 * @throws RangeError where the numbers do not fit each other.
 */
export function fisherExact({ hits, n, total, all }: { hits: number; n: number; total: number; all: number }): number {
  const whole = [hits, n, total, all].every((value) => Number.isInteger(value) && value >= 0);
  if (!whole || hits > Math.min(n, total) || n > all || total > all || total - hits > all - n)
    throw new RangeError(`${hits} of ${n} and ${total} of ${all} are not parts of a whole.`);
  const log = logFactorials(all);
  const choose = (a: number, b: number) => log[a] - log[b] - log[a - b];
  let sum = 0;
  for (let k = hits; k <= Math.min(n, total); k++)
    if (total - k <= all - n) sum += Math.exp(choose(n, k) + choose(all - n, total - k) - choose(all, total));
  return Math.min(1, sum);
}

/** Holm's step-down correction: p-values that may be compared with a level that holds for all of them together. */
export function holm(pValues: readonly number[]): number[] {
  const order = [...pValues.keys()].sort((a, b) => pValues[a] - pValues[b]);
  const adjusted = new Array<number>(pValues.length);
  let largest = 0;
  for (const [rank, at] of order.entries()) {
    largest = Math.max(largest, Math.min(1, pValues[at] * (pValues.length - rank)));
    adjusted[at] = largest;
  }
  return adjusted;
}
