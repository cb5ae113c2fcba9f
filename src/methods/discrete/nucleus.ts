import { type Cut, cutOf, orderedCut, ROUNDING } from "./cut.js";
import { exponential } from "./exponential.js";

/** What the end of a distribution is moved out by; more than a float32 normaliser can be off. */
export const SLACK = 1e-4;

/** Tokens of a nucleus in ascending order, and their renormalised probabilities. */
export interface Nucleus {
  tokens: Int32Array;
  weights: Float64Array;
}

type Logits = Float32Array | Float64Array;

/** From a long vocabulary every so manieth token is looked at first. */
const STRIDE = 16;
const LONG = 4096;
/** Likelihoods are put into levels of so much of a nat; the last has all that are less likely than e^−32. */
const PER_NAT = 32;
const DEEPEST = 32;
const LEVELS = DEEPEST * PER_NAT;
const TYPICAL = Float64Array.from({ length: LEVELS }, (_, level) => Math.exp(-(level + 0.5) / PER_NAT));
const sums = new Float64Array(LEVELS);

/** Tokens that may be in a nucleus, their logits and probabilities; kept between calls, as a vocabulary is long. */
let tokens = new Int32Array(0);
let values = new Float64Array(0);
let masses = new Float64Array(0);
/** Of these, the logits and probabilities of the level where p is reached. */
let lastValues = new Float64Array(0);
let lastMasses = new Float64Array(0);

/** The floor of the tokens found, and how many they are. */
let gathered = { floor: -Infinity, count: 0 };

/** How far below `log` the last nucleus of a long vocabulary ended, for which p; the next one is looked for there. */
let depth = { p: 0, value: 0 };
/** The nucleus is looked for so much deeper, in nats. */
const MARGIN = 0.25;

/**
 * The nucleus of softmax(logits[start … start + K − 1]), where `log` is the logarithm of its normaliser, p in (0, 1]:
 * in order of likelihood, and of equally likely ones the first first, every token of positive probability
 * `exponential(logit − log)` whose predecessors sum to at most p, in float64 and in that order. The likeliest is always
 * in it. Exactly so, but without sorting: one pass over the vocabulary finds those that may be in it.
 */
export function nucleusOf(logits: Logits, start: number, K: number, log: number, p: number): Nucleus {
  const count = gather(logits, start, K, log, p);
  const cut = cutAfter(count, log, p);
  if (K >= LONG) depth = { p, value: log - cut.value };
  let [size, equal] = [0, 0];
  for (let i = 0; i < count; i++) {
    const value = values[i];
    if (!(value > cut.value || (value === cut.value && equal++ < cut.ties)) || masses[i] === 0) continue;
    tokens[size] = tokens[i];
    masses[size++] = masses[i] / cut.mass;
  }
  return { tokens: tokens.slice(0, size), weights: masses.slice(0, size) };
}

/** What token j has in `nucleusOf`: its renormalised probability, or 0. */
export function weightIn(logits: Logits, start: number, K: number, log: number, p: number, j: number): number {
  const value = logits[start + j];
  const count = gather(logits, start, K, log, p);
  // Nothing that was left out is in the nucleus
  const { floor } = gathered;
  if (!(value >= floor)) return 0;
  const cut = cutAfter(count, log, p);
  if (!(value >= cut.value)) return 0;
  if (value === cut.value) {
    let before = 0;
    for (let i = 0; i < count && tokens[i] < j; i++) if (values[i] === value) before++;
    if (before >= cut.ties) return 0;
  }
  return exponential(value - log) / cut.mass;
}

/**
 * Whether token j is in `nucleusOf`, in one pass that weighs likelier tokens only, and of these only such as may be in it
 * themselves; null where that or rounding does not decide.
 */
export function isIn(logits: Logits, start: number, K: number, log: number, p: number, j: number): boolean | null {
  const value = logits[start + j];
  const floor = Math.max(value, K >= LONG && depth.p === p ? log - depth.value - MARGIN : -Infinity);
  room(K);
  let before = 0;
  const count = collect(logits, start, K, floor);
  for (let i = 0; i < count && before <= p + ROUNDING; i++) {
    const other = logits[start + tokens[i]];
    if (other > value || tokens[i] < j) before += exponential(other - log);
  }
  if (before > p + ROUNDING) return false;
  return floor > value || before > p - ROUNDING ? null : exponential(value - log) > 0;
}

/** Puts the tokens that may be in the nucleus into `tokens`, `values` and `masses`; returns how many there are. */
function gather(logits: Logits, start: number, K: number, log: number, p: number): number {
  room(K);
  // Where those from a floor up have more than p, those below it cannot be in the nucleus
  const enough = (floor: number) => {
    gathered = { floor, count: collect(logits, start, K, floor) };
    return weigh(logits, start, gathered.count, log) > p + ROUNDING;
  };
  if (K >= LONG) {
    if (depth.p === p && enough(log - depth.value - MARGIN)) return gathered.count;
    const floor = guessedFloor(logits, start, K, log, p);
    if (enough(floor) || enough(floor - 1)) return gathered.count;
  }
  enough(-Infinity);
  return gathered.count;
}

/** Makes the arrays above long enough. */
function room(K: number): void {
  if (tokens.length >= K) return;
  tokens = new Int32Array(K);
  [values, masses, lastValues, lastMasses] = Array.from({ length: 4 }, () => new Float64Array(K));
}

/** Where the nucleus ends among the `count` tokens that were gathered. */
function cutAfter(count: number, log: number, p: number): Cut {
  let [above, last] = [0, 0];
  while (last < LEVELS - 1 && above + sums[last] <= p) above += sums[last++];
  let inside = 0;
  for (let i = 0; i < count; i++) {
    if (levelOf(log - values[i]) !== last) continue;
    lastValues[inside] = values[i];
    lastMasses[inside++] = masses[i];
  }
  return cutOf(lastValues, lastMasses, inside, above, p) ?? orderedCut(values, count, p, log);
}

/** Puts the tokens whose logits are `floor` or more, none of −Infinity, into `tokens`; returns how many there are. */
function collect(logits: Logits, start: number, K: number, floor: number): number {
  const found = tokens;
  const least = Math.max(floor, -Number.MAX_VALUE);
  let count = 0;
  let j = 0;
  for (; j + 3 < K; j += 4) {
    const at = start + j;
    const a = logits[at];
    const b = logits[at + 1];
    const c = logits[at + 2];
    const d = logits[at + 3];
    if (!(a >= least || b >= least || c >= least || d >= least)) continue; // mostly
    if (a >= least) found[count++] = j;
    if (b >= least) found[count++] = j + 1;
    if (c >= least) found[count++] = j + 2;
    if (d >= least) found[count++] = j + 3;
  }
  for (; j < K; j++) if (logits[start + j] >= least) found[count++] = j;
  return count;
}

/** Logits and probabilities of the `count` tokens found; returns the probabilities' sum. */
function weigh(logits: Logits, start: number, count: number, log: number): number {
  const [found, own, out, levels] = [tokens, values, masses, sums];
  levels.fill(0);
  let sum = 0;
  for (let i = 0; i < count; i++) {
    const value = logits[start + found[i]];
    const mass = exponential(value - log);
    own[i] = value;
    out[i] = mass;
    levels[levelOf(log - value)] += mass;
    sum += mass;
  }
  return sum;
}

/** A float32 normaliser may be a little below the likeliest logit. */
const levelOf = (below: number) => (below < DEEPEST ? (below > 0 ? (below * PER_NAT) | 0 : 0) : LEVELS - 1);

/** Where a nucleus may end, by a part of the vocabulary, and a little lower. */
function guessedFloor(logits: Logits, start: number, K: number, log: number, p: number): number {
  const levels = sums;
  levels.fill(0);
  let all = 0;
  for (let j = 0; j < K; j += STRIDE) {
    const level = levelOf(log - logits[start + j]);
    levels[level] += TYPICAL[level];
    all += TYPICAL[level];
  }
  // Its own sum, not 1 / STRIDE: single tokens may have most of either
  const wanted = (p + 0.25 * (1 - p)) * all;
  let [mass, level] = [0, 0];
  while (level < LEVELS - 1 && mass <= wanted) mass += levels[level++];
  return log - (level + 1) / PER_NAT;
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
