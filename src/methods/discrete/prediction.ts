import { exponential } from "./exponential.js";
import { isIn, type Nucleus, nucleusOf, placeOf, SLACK, weightIn } from "./nucleus.js";
import type { Process } from "./process.js";

interface Uniforms {
  uniform(): number;
}

/** Logarithms of normalisers are off by less than `SLACK` up to here in float32. */
const LARGEST = 1000;

/** Probabilities over the states of one position, float64. */
export type Probabilities = Float64Array;

/**
 * What a network says of one position: a distribution over the clean tokens, of which only what is asked for is
 * computed.
 */
export interface Prediction {
  /** Probability of token j. */
  at(j: number): number;
  /**
   * Bounds of `at(j)`, low and high, at once: what they decide needs no pass through the vocabulary. `closely`: narrower
   * ones, for which it may be passed through once, which is less than `at` needs.
   */
  between(j: number, closely?: boolean): [number, number];
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
  between: (j) => [x[j], x[j]],
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
      between(j) {
        const own = whole.at(j);
        return [own, own];
      },
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

    let kept: Nucleus | null = null;
    const keptOf = () => (kept ??= nucleusOf(logits, start, K, logOf(), nucleus));
    return {
      at(j) {
        if (j >= K) return 0;
        if (!kept) return weightIn(logits, start, K, logOf(), nucleus, j);
        const i = placeOf(kept.tokens, j);
        return i < 0 ? 0 : kept.weights[i];
      },
      between(j, closely) {
        // A nucleus has more than p, and less than p and its least likely token; tokens of more than 1 − p are in it
        if (Math.abs(logOf()) > LARGEST) return [0, 1];
        const own = whole.at(j);
        const inside = own > 1 - nucleus + SLACK || (closely ? isIn(logits, start, K, logOf(), nucleus, j) : null);
        if (inside === false) return [0, 0];
        const high = Math.min(1, (own / nucleus) * (1 + SLACK));
        return [inside ? own / (nucleus + own + SLACK) : 0, high];
      },
      draw(random, except = -1) {
        const { tokens, weights } = keptOf();
        return tokens[drawCategorical(weights, random, placeOf(tokens, except))];
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
