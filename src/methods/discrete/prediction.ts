import type { Process } from "./process.js";

interface Uniforms {
  uniform(): number;
}

/** What the end of a distribution is moved out by; more than a float32 normaliser can be off. */
const SLACK = 1e-4;

/** 2^(−i/2048), and whole powers of a half, for `exponential`. */
const STEPS = 2048;
const FRACTIONS = Float64Array.from({ length: STEPS }, (_, i) => 2 ** (-i / STEPS));
const POWERS = Float64Array.from({ length: 1100 }, (_, i) => 2 ** -i);
const PER_NAT = STEPS / Math.LN2;
const STEP_HIGH = Math.fround(Math.LN2 / STEPS);
const STEP_LOW = Math.LN2 / STEPS - STEP_HIGH + 2.3190468138462996e-17 / STEPS; // ln 2 has more digits than a double

/** e^d for d ≤ 0 within a few units in the last place, three times as fast as `Math.exp`: table and cubic. */
export function exponential(d: number): number {
  if (!(d <= 0)) return Math.exp(d);
  if (d < -740) return 0;
  const n = (0.5 - d * PER_NAT) | 0;
  const r = d + n * STEP_HIGH + n * STEP_LOW;
  return FRACTIONS[n & (STEPS - 1)] * POWERS[n >> 11] * (1 + r * (1 + r * (0.5 + r / 6)));
}

/** Probabilities over the states of one position, float64. */
export type Probabilities = Float64Array;

/**
 * What a network says of one position: a distribution over the clean tokens, of which only what is asked for is
 * computed.
 */
export interface Prediction {
  /** Probability of token j. */
  at(j: number): number;
  /** A draw; with `except`, of another token than that. */
  draw(random: Uniforms, except?: number): number;
  /** All of it, [states]; valid until the next call on any prediction of the same step. */
  dense(): Probabilities;
}

/**
 * An index with probability proportional to its weight: inverse distribution function in float64 with one 53-bit
 * uniform.
 */
export function drawCategorical(weights: Probabilities, random: Uniforms, except = -1): number {
  let total = 0;
  for (let j = 0; j < weights.length; j++) if (j !== except) total += weights[j];
  const target = random.uniform() * total;
  let sum = 0;
  let last = -1;
  for (let j = 0; j < weights.length; j++) {
    if (!(weights[j] > 0) || j === except) continue;
    sum += weights[j];
    last = j;
    if (target < sum) return j;
  }
  if (last < 0) throw new Error("No token has a positive probability; the denoiser's logits are not finite.");
  return last;
}

/** A prediction that is given as probabilities. */
export const densePrediction = (x: Probabilities): Prediction => ({
  at: (j) => x[j],
  draw: (random, except) => drawCategorical(x, random, except),
  dense: () => x,
});

/**
 * Predictions from the network's logits, row-major [rows, width]: softmax over the clean tokens in float64, cut to the
 * nucleus. Where the network gives the log-normalisers [rows] itself (float32), a vocabulary is passed through only for
 * tokens that change.
 */
export function logitPredictions(
  process: Process,
  logits: Float32Array,
  { rows, nucleus, logNormaliser }: { rows: number; nucleus: number; logNormaliser?: Float32Array },
): (row: number) => Prediction {
  const K = process.tokens;
  const width = logits.length / rows;
  const full = new Float64Array(process.states);

  const normaliser = (at: number): number => {
    let max = -Infinity;
    for (let j = 0; j < K; j++) if (logits[at + j] > max) max = logits[at + j];
    let sum = 0;
    for (let j = 0; j < K; j++) sum += exponential(logits[at + j] - max);
    return max + Math.log(sum);
  };

  return (row) => {
    const start = row * width;
    let log: number | null = null;
    const logOf = (): number => (log ??= logNormaliser ? logNormaliser[row] : normaliser(start));
    const whole: Prediction = {
      at: (j) => (j < K ? Math.exp(logits[start + j] - logOf()) : 0),
      draw(random, except = -1) {
        const norm = logOf();
        // The network's normaliser is a float32: the masses end a little off 1. Draws beyond their end are made anew,
        // so that no token gains or loses
        const end = (1 + SLACK) * (1 - (except < 0 ? 0 : whole.at(except)));
        for (let tries = 0; tries < 100; tries++) {
          const target = random.uniform() * end;
          let sum = 0;
          for (let j = 0; j < K; j++) {
            if (j === except) continue;
            sum += exponential(logits[start + j] - norm);
            if (target < sum) return j;
          }
        }
        throw new Error("No token has a positive probability; the denoiser's logits are not finite.");
      },
      dense() {
        const norm = logOf();
        for (let j = 0; j < K; j++) full[j] = exponential(logits[start + j] - norm);
        if (process.states > K) full[K] = 0;
        return full;
      },
    };
    if (nucleus >= 1) return whole;

    let kept: { tokens: number[]; weights: Probabilities } | null = null;
    const keptOf = () => (kept ??= nucleusOf(logits, start, K, logOf(), nucleus));
    return {
      at(j) {
        if (!kept && !inNucleus(logits, start, K, logOf(), nucleus, j)) return 0;
        const { tokens, weights } = keptOf();
        const i = tokens.indexOf(j);
        return i < 0 ? 0 : weights[i];
      },
      draw(random, except = -1) {
        const { tokens, weights } = keptOf();
        return tokens[drawCategorical(weights, random, tokens.indexOf(except))];
      },
      dense() {
        const { tokens, weights } = keptOf();
        full.fill(0);
        tokens.forEach((token, i) => {
          full[token] = weights[i];
        });
        return full;
      },
    };
  };
}

/**
 * The nucleus of softmax(logits[start … start + K − 1]), renormalised; among equally likely tokens the first ones are
 * in it.
 */
function nucleusOf(logits: Float32Array | Float64Array, start: number, K: number, log: number, p: number) {
  // Those below (1 − p)/K have predecessors of more than p together
  const floor = log + Math.log((1 - p) / K);
  const candidates = logits.subarray(start, start + K).filter((value) => value >= floor);
  const sorted = candidates.sort();
  let sum = 0;
  let count = 0;
  while (count < sorted.length && (count === 0 || sum <= p)) sum += exponential(sorted[sorted.length - ++count] - log);
  const least = sorted[sorted.length - count];
  let ties = 0;
  for (let i = sorted.length - count; i < sorted.length && sorted[i] === least; i++) ties++;
  const tokens: number[] = [];
  for (let j = 0; j < K; j++) {
    const value = logits[start + j];
    if (value > least || (value === least && ties-- > 0)) tokens.push(j);
  }
  return { tokens, weights: Float64Array.from(tokens, (j) => exponential(logits[start + j] - log) / sum) };
}

/** False where the tokens that are likelier than j sum to more than p, or j is too unlikely anyway. */
function inNucleus(logits: Float32Array, start: number, K: number, log: number, p: number, j: number): boolean {
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

/**
 * Keeps, in order of probability, every token whose predecessors sum to at most p (the crossing one included, the first
 * always), and renormalises in place.
 */
export function nucleusFilter(x: Probabilities, p: number): void {
  if (p >= 1) return;
  const { tokens, weights } = nucleusOf(x.map(Math.log), 0, x.length, 0, p);
  x.fill(0);
  tokens.forEach((token, i) => {
    x[token] = weights[i];
  });
}
