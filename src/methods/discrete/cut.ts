import { exponential } from "./exponential.js";

/** Where a nucleus ends: tokens above `value` are in it, and the first `ties` of those that equal it. */
export interface Cut {
  value: number;
  ties: number;
  /** Probability of all of them. */
  mass: number;
}

/** Sums of a vocabulary's probabilities in different orders differ by less. */
export const ROUNDING = 1e-10;
const BUCKETS = 256;
/** So few values are sorted. */
const FEW = 48;

const sums = new Float64Array(BUCKETS);

/**
 * The cut after p among the first `count` values with these probabilities, `above` being the sum of all likelier ones;
 * null where rounding could decide. Overwrites both arrays. Values are put into buckets, and only the bucket where p is
 * reached into buckets again, until few are left or all are equal: a few passes where a sort has log₂(count).
 */
export function cutOf(values: Float64Array, masses: Float64Array, count: number, above: number, p: number): Cut | null {
  let left = count;
  while (left > FEW) {
    let [low, high] = [values[0], values[0]];
    for (let i = 1; i < left; i++) {
      const value = values[i];
      if (value < low) low = value;
      else if (value > high) high = value;
    }
    if (low === high) return tiesCut(low, left, masses[0], above, p);
    const scale = BUCKETS / (high - low);
    if (!(scale > 0 && scale < Infinity)) return null;
    sums.fill(0);
    for (let i = 0; i < left; i++) sums[bucketOf(values[i], high, scale)] += masses[i];
    let last = 0;
    while (last < BUCKETS - 1 && above + sums[last] <= p) above += sums[last++];
    let inside = 0;
    for (let i = 0; i < left; i++) {
      if (bucketOf(values[i], high, scale) !== last) continue;
      values[inside] = values[i];
      masses[inside++] = masses[i];
    }
    left = inside;
  }
  const order = Array.from({ length: left }, (_, i) => i).sort((a, b) => values[b] - values[a]);
  let [kept, before, sum] = [0, above, above];
  while (kept < left && sum <= p) [before, sum] = [sum, sum + masses[order[kept++]]];
  if (kept === 0 || !clear(before, sum, p)) return null;
  const value = values[order[kept - 1]];
  return { value, ties: order.slice(0, kept).filter((i) => values[i] === value).length, mass: sum };
}

/** Which of `BUCKETS` a value is in, the highest in the first. */
const bucketOf = (value: number, high: number, scale: number) => Math.min(BUCKETS - 1, (high - value) * scale) | 0;

/** Whether the last one's place is beyond doubt: `before` it less than p, with it `after` more. */
const clear = (before: number, after: number, p: number) => before < p - ROUNDING && after > p + ROUNDING;

/** The cut within `count` equal values; null where rounding could decide. */
function tiesCut(value: number, count: number, mass: number, above: number, p: number): Cut | null {
  const ties = Math.min(count, Math.floor((p - above) / mass) + 1);
  const after = above + ties * mass;
  return clear(after - mass, after, p) ? { value, ties, mass: after } : null;
}

/** The definition: in descending order, every value whose predecessors' probabilities e^(value − log) sum to at most p. */
export function orderedCut(values: Float64Array, count: number, p: number, log: number): Cut {
  const ordered = values.slice(0, count).sort().reverse();
  let [kept, mass] = [0, 0];
  while (kept < count && mass <= p) mass += exponential(ordered[kept++] - log);
  const value = kept > 0 ? ordered[kept - 1] : -Infinity;
  return { value, ties: ordered.subarray(0, kept).filter((v) => v === value).length, mass };
}
