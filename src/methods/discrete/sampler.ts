import type { Random } from "../../random/index.js";
import { ancestral, type Kappa, linearGrid, type Transition } from "./kappa.js";
import { cleanPosterior, type Drawn, drawClean, drawCorrector, drawPosterior, posterior } from "./posterior.js";
import {
  densePrediction,
  drawCategorical,
  logitPredictions,
  type Prediction,
  type Probabilities,
} from "./prediction.js";
import { checkTokensInRange, drawPrior, type Process } from "./process.js";
import { logLinear, type Schedule, sigmaOf } from "./schedule.js";

/**
 * Logits, row-major [B, L, K] (K clean tokens, or all states); with large vocabularies also their log-normalisers log Σ
 * exp, [B, L].
 */
export type DenoiserOutput = Float32Array | { logits: Float32Array; logNormaliser: Float32Array };

/** Any network: noisy tokens [B·L] and sigma [B] to logits. */
export type Denoiser = (tokens: Int32Array, sigma: Float32Array) => DenoiserOutput | Promise<DenoiserOutput>;

/** Applies a function of the prediction, or of the two guided ones, which are then combined. */
type Combine = (of: (x: Probabilities) => Probabilities) => Probabilities;

/** A position's new token, of its old one and its prediction, by random numbers of its sequence. */
type Draw = (z: number, x: Prediction, combine: Combine, random: Random) => Drawn;

/** What a step did to a position. */
export const KEPT = 0;
export const DENOISED = 1;
export const RENOISED = 2;

export interface PsiOptions {
  length: number;
  /**
   * Not advanced: sequence b of the batch draws from `random.split(first + b)`, so that it does not depend on the
   * others. Or a function that gives the generator of sequence b itself, for batches of sequences of several origins.
   */
  random: Random | ((b: number) => Random);
  /** Sequences; default 1. */
  batch?: number;
  /** Number of the batch's first sequence; default 0. */
  first?: number;
  /** Transitions N; the network is evaluated N + 1 times (N with `final: "none"`), twice that with guidance. */
  steps: number;
  /** Default log-linear. */
  schedule?: Schedule;
  /** Default ancestral. */
  kappa?: Kappa;
  /** Times [steps + 1], not increasing; default `linearGrid(steps)`. */
  grid?: Float64Array;
  /** Keeps the most likely tokens of total probability `nucleus` in (0, 1]; default 1. */
  nucleus?: number;
  /** Tokens [L] or [B·L] that stay as they are; −1 where the sampler fills in. Continuation: a prompt, then −1. */
  given?: Int32Array;
  /** The last step: a draw from q_{0|t} (default), the denoiser's most likely token, or nothing. */
  final?: Final;
  /**
   * Classifier-free guidance, w·conditional + (1 − w)·unconditional in log space: of posteriors for uniform noise, of
   * predictions for masked.
   */
  guidance?: { weight: number; unconditional: Denoiser };
}

export interface PsiStep {
  /** 1 … steps, and steps + 1 after the last evaluation. */
  step: number;
  /** Time that the tokens are at; 0 after the last evaluation. */
  t: number;
  alpha: number;
  kappa: number;
  /** Network evaluations so far. */
  nfe: number;
  /** [B·L]; a copy. */
  tokens: Int32Array;
  /** [B·L]: `KEPT`, `DENOISED` (took the guessed clean token) or `RENOISED` (drawn from the prior). */
  changes: Uint8Array;
}

/** Probabilities ∝ a^w·b^(1−w); where either is zero the result is. w = 1 gives a, w = 0 gives b. */
export function guided(a: Probabilities, b: Probabilities, weight: number): Probabilities {
  if (weight === 1) return a;
  if (weight === 0) return b;
  const logs = a.map((p, j) => (p > 0 && b[j] > 0 ? weight * Math.log(p) + (1 - weight) * Math.log(b[j]) : -Infinity));
  const max = logs.reduce((m, v) => Math.max(m, v), -Infinity);
  if (max === -Infinity) return a;
  const out = logs.map((v) => Math.exp(v - max));
  const total = out.reduce((sum, v) => sum + v, 0);
  return out.map((v) => v / total);
}

/** How a sampler may end. */
export const finals = ["ancestral", "greedy", "none"] as const;
export type Final = (typeof finals)[number];

export function checkFinal(final: Final = "ancestral"): void {
  if (!finals.includes(final)) throw new Error(`final must be one of ${finals.join(", ")}, got "${final}".`);
}

function check(process: Process, options: PsiOptions): { grid: Float64Array; given: Int32Array } {
  const { length, batch = 1, first = 0, steps, nucleus = 1, final, given, grid = linearGrid(steps) } = options;
  for (const [name, value] of Object.entries({ length, batch, steps }))
    if (!Number.isInteger(value) || value < 1) throw new Error(`${name} must be a positive integer, got ${value}.`);
  if (!Number.isInteger(first) || first < 0) throw new Error(`first must be a whole number, got ${first}.`);
  checkFinal(final);
  if (!(nucleus > 0 && nucleus <= 1)) throw new Error(`nucleus must be in (0, 1], got ${nucleus}.`);
  if (grid.length !== steps + 1)
    throw new Error(`${steps} steps take a grid of ${steps + 1} times, got ${grid.length}.`);
  if (grid.some((t, i) => !(t >= 0 && t <= 1) || (i > 0 && t > grid[i - 1])))
    throw new Error("The times of a grid must lie in [0, 1] and not increase.");
  return { grid, given: givenTokens(process, given ?? new Int32Array(length).fill(-1), length, batch) };
}

/** Given tokens of `batch` sequences, [B·L], from those of one or of all. Throws where they do not fit. */
export function givenTokens(process: Process, given: Int32Array, length: number, batch: number): Int32Array {
  if (given.length !== length && given.length !== batch * length)
    throw new Error(`${given.length} given tokens fit neither the length ${length} nor ${batch} sequences of it.`);
  checkTokensInRange(
    process,
    given.filter((token) => token !== -1),
  );
  return Int32Array.from({ length: batch * length }, (_, i) => given[i % given.length]);
}

/** A prompt at the start and −1 for the rest, as `given` takes it. */
export function continuation(prompt: ArrayLike<number>, length: number): Int32Array {
  if (prompt.length > length)
    throw new Error(`The prompt has ${prompt.length} tokens, the sequence ${length}; shorten the prompt.`);
  const given = new Int32Array(length).fill(-1);
  given.set(Array.from(prompt));
  return given;
}

/**
 * Ψ-sampler (2602.21185): ancestral where κ = 1, re-noising predictor-corrector below, one network evaluation per step.
 * Yields the tokens after each step. Probabilities are float64 and uniforms have 53 bits.
 */
export async function* psiSample(
  denoiser: Denoiser,
  process: Process,
  options: PsiOptions,
): AsyncGenerator<PsiStep, void, void> {
  const { length, batch = 1, first = 0, steps, guidance, nucleus = 1, final = "ancestral" } = options;
  const { schedule = logLinear(), kappa = ancestral() } = options;
  const { grid, given } = check(process, options);
  const count = batch * length;
  const { random } = options;
  const streams = Array.from({ length: batch }, (_, b) =>
    typeof random === "function" ? random(b) : random.split(first + b),
  );
  const streamOf = (position: number) => streams[Math.floor(position / length)];
  let tokens = given.map((token, i) => (token >= 0 ? token : drawPrior(process, streamOf(i))));
  let nfe = 0;

  const evaluate = async (network: Denoiser, alpha: number) => {
    nfe++;
    const output = await network(tokens, new Float32Array(batch).fill(sigmaOf(alpha)));
    const { logits, logNormaliser } = output instanceof Float32Array ? { logits: output } : output;
    const width = logits.length / count;
    if (width !== process.tokens && width !== process.states)
      throw new Error(`The denoiser gave ${logits.length} logits for ${count} tokens of ${process.tokens} kinds.`);
    return logitPredictions(process, logits, { rows: count, nucleus, logNormaliser });
  };

  /** Draws every free position from what `draw` makes of the prediction(s). */
  const advance = async (alpha: number, draw: Draw) => {
    const weight = guidance?.weight ?? 1;
    const predict = guidance && weight === 0 ? null : await evaluate(denoiser, alpha);
    const unconditional = guidance && weight !== 1 ? await evaluate(guidance.unconditional, alpha) : null;
    const changes = new Uint8Array(count);
    tokens = tokens.map((z, i) => {
      if (given[i] >= 0) return z;
      let x = (predict ?? unconditional!)(i);
      const other = predict && unconditional ? unconditional(i) : null;
      // Guided posteriors would leave the mask at another rate than the schedule's
      if (other && process.kind === "masked") x = densePrediction(guided(x.dense(), other.dense(), weight));
      const combine: Combine = (of) =>
        other && two ? guided(of(x.dense()), of(other.dense()), weight) : of(x.dense());
      const { token, from } = draw(z, x, combine, streamOf(i));
      if (token !== z) changes[i] = from === "prior" || token === process.tokens ? RENOISED : DENOISED;
      return token;
    });
    return changes;
  };
  /** Whether posteriors are combined: of uniform noise only. */
  const two = process.kind === "uniform" && guidance !== undefined && guidance.weight !== 0 && guidance.weight !== 1;

  for (let step = 0; step < steps; step++) {
    const [t, s] = [grid[step], grid[step + 1]];
    const at: Transition = { t, s, step, steps, alphaT: schedule.alpha(t), alphaS: schedule.alpha(s) };
    const share = kappa(at);
    if (!(share >= 0 && share <= 1)) throw new Error(`kappa must be in [0, 1], got ${share} at t = ${t}.`);
    const changes = await advance(at.alphaT, (z, x, combine, random) => {
      const predictor = random.uniform() < share;
      if (!two) return (predictor ? drawPosterior : drawCorrector)(process, z, x, at.alphaT, at.alphaS, random);
      if (predictor)
        return {
          token: drawCategorical(
            combine((v) => posterior(process, z, v, at.alphaT, at.alphaS)),
            random,
          ),
          from: "clean",
        };
      if (random.uniform() >= at.alphaS) return { token: drawPrior(process, random), from: "prior" };
      return {
        token: drawCategorical(
          combine((v) => cleanPosterior(process, z, v, at.alphaT)),
          random,
        ),
        from: "clean",
      };
    });
    yield { step: step + 1, t: s, alpha: at.alphaS, kappa: share, nfe, tokens: tokens.slice(), changes };
  }
  if (final === "none") return;
  const alpha = schedule.alpha(grid[steps]);
  const changes = await advance(alpha, (z, x, combine, random) => {
    if (final === "greedy") {
      const best = combine((v) => v).reduce((b, p, j, all) => (p > all[b] ? j : b), 0);
      return { token: process.kind === "masked" && z !== process.tokens ? z : best, from: "clean" };
    }
    const token = two
      ? drawCategorical(
          combine((v) => cleanPosterior(process, z, v, alpha)),
          random,
        )
      : drawClean(process, z, x, alpha, random);
    return { token, from: "clean" };
  });
  yield { step: steps + 1, t: 0, alpha: 1, kappa: 1, nfe, tokens: tokens.slice(), changes };
}
