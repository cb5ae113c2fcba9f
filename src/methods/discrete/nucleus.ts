import { exponential } from "./exponential.js";

/** What the end of a distribution is moved out by; more than a float32 normaliser can be off. */
export const SLACK = 1e-4;

/** Tokens of a nucleus in ascending order, and their renormalised probabilities. */
export interface Nucleus {
  tokens: Int32Array;
  weights: Float64Array;
}

/** Tokens are put in order of likelihood by steps of so much of a nat; only where the nucleus ends, one by one. */
const PER_NAT = 32;
/** From a long vocabulary every so manieth token is looked at first. */
const STRIDE = 16;
const LONG = 4096;

/** Tokens that may be in a nucleus, with their probabilities; kept between calls, as a vocabulary is long. */
let tokens = new Int32Array(0);
let masses = new Float64Array(0);

/**
 * The nucleus of softmax(logits[start … start + K − 1]), where `log` is the logarithm of its normaliser: every token
 * whose likelier ones sum to at most p in (0, 1), the likeliest always; among equally likely tokens the first ones are
 * in it. One pass over the vocabulary finds those that may be in it, and exponentials are taken of these only.
 */
export function nucleusOf(
  logits: Float32Array | Float64Array,
  start: number,
  K: number,
  log: number,
  p: number,
): Nucleus {
  if (tokens.length < K) [tokens, masses] = [new Int32Array(K), new Float64Array(K)];
  // Those below (1 − p)/K have predecessors of more than p together
  const floor = log + Math.log((1 - p) / K) - SLACK;
  const row = logits.subarray(start, start + K);
  let count = K >= LONG ? collect(row, guessedFloor(row, log, p, floor), log) : 0;
  if (!(massOf(count) > p)) count = collect(row, floor, log);

  const sums = new Float64Array(Math.floor((log - floor) * PER_NAT) + 1);
  for (let i = 0; i < count; i++) sums[stepOf(log - row[tokens[i]])] += masses[i];
  let [sum, last] = [0, 0];
  while (last < sums.length && sum + sums[last] <= p) sum += sums[last++];
  const there: number[] = [];
  for (let i = 0; i < count; i++) {
    const value = row[tokens[i]];
    if (stepOf(log - value) === last) there.push(value);
  }
  const ordered = Float64Array.from(there).sort().reverse();
  let kept = 0;
  while (kept < ordered.length && sum <= p) sum += exponential(ordered[kept++] - log);
  const least = kept > 0 ? ordered[kept - 1] : -Infinity;
  let ties = ordered.subarray(0, kept).filter((value) => value === least).length;

  let size = 0;
  for (let i = 0; i < count; i++) {
    const value = row[tokens[i]];
    if (!(value > least || (value === least && ties-- > 0))) continue;
    tokens[size] = tokens[i];
    masses[size++] = masses[i] / sum;
  }
  return { tokens: tokens.slice(0, size), weights: masses.slice(0, size) };
}

/** Puts the tokens from `floor` up, and their probabilities, into `tokens` and `masses`; returns how many there are. */
function collect(row: Float32Array | Float64Array, floor: number, log: number): number {
  const [found, probabilities] = [tokens, masses];
  let count = 0;
  for (let j = 0; j < row.length; j++) if (row[j] >= floor) found[count++] = j;
  for (let i = 0; i < count; i++) probabilities[i] = exponential(row[found[i]] - log);
  return count;
}

function massOf(count: number): number {
  let sum = 0;
  for (let i = 0; i < count; i++) sum += masses[i];
  return sum;
}

/** A float32 normaliser may be a little below the likeliest logit. */
const stepOf = (below: number) => (Math.max(0, below) * PER_NAT) | 0;

/** Where a nucleus ends, by a part of the vocabulary and a little lower; that it is not too high is for others to see. */
function guessedFloor(row: Float32Array | Float64Array, log: number, p: number, floor: number): number {
  const counts = new Int32Array(Math.floor((log - floor) * PER_NAT) + 1);
  for (let j = 0; j < row.length; j += STRIDE) if (row[j] >= floor) counts[stepOf(log - row[j])]++;
  let mass = 0;
  for (let step = 0; step < counts.length; step++) {
    mass += STRIDE * counts[step] * exponential(-(step + 0.5) / PER_NAT);
    if (mass > p + 0.2 * (1 - p)) return Math.max(floor, log - (step + 1) / PER_NAT);
  }
  return floor;
}

/** Where `token` stands in ascending `tokens`; −1 where it does not. */
export function placeOf(tokens: Int32Array, token: number): number {
  let [low, high] = [0, tokens.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (tokens[middle] < token) low = middle + 1;
    else high = middle;
  }
  return tokens[low] === token ? low : -1;
}

/** False where the tokens that are likelier than j sum to more than p, or j is too unlikely anyway. */
export function inNucleus(logits: Float32Array, start: number, K: number, log: number, p: number, j: number): boolean {
  const own = logits[start + j];
  if (!(own >= log + Math.log((1 - p) / K))) return false;
  let sum = 0;
  for (let i = 0; i < K; i++)
    if (logits[start + i] > own) {
      sum += exponential(logits[start + i] - log);
      if (sum > p + SLACK) return false;
    }
  return true;
}
