import { logMeanExpBelow } from "../../metrics/normal.js";
import { inverseNormal, type Random } from "../../random/index.js";
import { gaussianLevels } from "./transform.js";

function checkTau(tau: number): void {
  if (!(tau > 0)) throw new Error(`The curriculum's temperature tau must be positive, got ${tau}.`);
}

/**
 * Gaussian relaxation of chapter I: latents w = signal·onehot(x) + noise·ε of the tokens [N] at `gamma` [N / perGamma].
 * Returns w/tau, row-major [N, K] and with its maximum at 0 (the network takes the softmax), and the arg-max tokens
 * [N].
 */
export function relax(
  tokens: Int32Array,
  vocabulary: number,
  gamma: ArrayLike<number>,
  tau: number,
  random: Random,
): { scaled: Float32Array; noisy: Int32Array } {
  checkTau(tau);
  const perGamma = tokens.length / gamma.length;
  const scaled = new Float32Array(tokens.length * vocabulary);
  const w = new Float64Array(vocabulary);
  const noisy = tokens.map((token, i) => {
    const { signal, noise } = gaussianLevels(gamma[Math.floor(i / perGamma)]);
    let best = 0;
    for (let j = 0; j < vocabulary; j++) {
      w[j] = noise * random.normal() + (j === token ? signal : 0);
      if (w[j] > w[best]) best = j;
    }
    for (let j = 0; j < vocabulary; j++) scaled[i * vocabulary + j] = (w[j] - w[best]) / tau;
    return best;
  });
  return { scaled, noisy };
}

/** The k largest of `count` independent standard normals, descending, without drawing the rest. */
export function largestNormals(k: number, count: number, random: Random): Float64Array {
  if (!(k >= 1 && k <= count)) throw new Error(`The ${k} largest of ${count} numbers do not exist.`);
  let logV = 0;
  return Float64Array.from({ length: k }, (_, j) => {
    logV += Math.log(1 - random.uniform()) / (count - j);
    // Φ⁻¹(v) by the upper tail 1 − v where v is near 1
    return logV > -0.5
      ? -inverseNormal(Math.max(-Math.expm1(logV), 1e-300))
      : inverseNormal(Math.max(Math.exp(logV), 1e-300));
  });
}

export interface TopkSoftmax {
  /** log of the mean of e^(w/τ) over the entries that were not drawn. */
  logMean: number;
  logNormaliser: number;
  /** [k]; their sum is at most 1. */
  weights: Float64Array;
}

/**
 * Softmax weights of the k values kept, of K in all (chapter II): the normaliser adds the clean value where it is not
 * among them, and the expected mass of the others, N(0, noise²) below `cut`. `values` [k] and `clean` are not divided
 * by tau.
 */
export function topkSoftmax(
  values: ArrayLike<number>,
  {
    clean,
    kept,
    cut,
    noise,
    tau,
    vocabulary,
  }: {
    clean: number;
    /** Whether the clean value is among `values` (as the last). */
    kept: boolean;
    /** The smallest kept value of another token than the clean one. */
    cut: number;
    noise: number;
    tau: number;
    vocabulary: number;
  },
): TopkSoftmax {
  checkTau(tau);
  const k = values.length;
  const rest = vocabulary - k - (kept ? 0 : 1);
  const logMean = logMeanExpBelow(cut / tau, noise / tau);
  const terms = Array.from(values, (v) => v / tau);
  if (!kept) terms.push(clean / tau);
  if (rest > 0) terms.push(Math.log(rest) + logMean);
  const max = Math.max(...terms);
  const logNormaliser = max + Math.log(terms.reduce((sum, v) => sum + Math.exp(v - max), 0));
  const weights = Float64Array.from(values, (v) => Math.exp(v / tau - logNormaliser));
  if (weights.every((w) => w === 0)) weights[0] = 1;
  return { logMean, logNormaliser, weights };
}

export interface TopkOptions {
  vocabulary: number;
  /** 2 … vocabulary − 1; the papers' best is 2. */
  k: number;
  tau: number;
  /** `argmax` (default, exact), or as the papers' code has it: the clean token wherever it is among the k. */
  rule?: "argmax" | "inTopk";
}

/**
 * Efficient curriculum of chapter II: for tokens [N] at `gamma` [N / perGamma], indices and weights [N, k] of the soft
 * embedding and the noisy tokens [N], from order statistics of the k largest entries only.
 */
export function relaxTopk(
  tokens: Int32Array,
  gamma: ArrayLike<number>,
  { vocabulary, k, tau, rule = "argmax" }: TopkOptions,
  random: Random,
): { indices: Int32Array; weights: Float32Array; noisy: Int32Array } {
  if (!Number.isInteger(k) || k < 2 || k >= vocabulary)
    throw new Error(`k must be an integer from 2 to the vocabulary less one (${vocabulary - 1}), got ${k}.`);
  const perGamma = tokens.length / gamma.length;
  const indices = new Int32Array(tokens.length * k);
  const weights = new Float32Array(tokens.length * k);
  const noisy = tokens.map((token, i) => {
    const { signal, noise } = gaussianLevels(gamma[Math.floor(i / perGamma)]);
    const values = largestNormals(k, vocabulary - 1, random).map((g) => noise * g);
    const clean = signal + noise * random.normal();
    const kept = clean > values[k - 1];
    const wins = rule === "argmax" ? clean > values[0] : kept;
    const cut = kept ? values[k - 2] : values[k - 1];
    const ids = distinctOthers(k, token, vocabulary, random);
    const largest = ids[0];
    if (kept) {
      values[k - 1] = clean;
      ids[k - 1] = token;
    }
    indices.set(ids, i * k);
    weights.set(topkSoftmax(values, { clean, kept, cut, noise, tau, vocabulary }).weights, i * k);
    return wins ? token : largest;
  });
  return { indices, weights, noisy };
}

/** k distinct tokens other than `token`, every ordered choice equally likely. */
function distinctOthers(k: number, token: number, vocabulary: number, random: Random): number[] {
  const ids: number[] = [];
  while (ids.length < k) {
    const draw = random.integer(vocabulary - 1);
    const id = draw >= token ? draw + 1 : draw;
    if (!ids.includes(id)) ids.push(id);
  }
  return ids;
}
