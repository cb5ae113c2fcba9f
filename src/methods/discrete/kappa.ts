import type { Schedule } from "./schedule.js";

/** One transition of the sampler, from time t to s ≤ t. */
export interface Transition {
  t: number;
  s: number;
  alphaT: number;
  alphaS: number;
  /** 0 … steps − 1. */
  step: number;
  steps: number;
}

/** Share of predictor in a Ψ-posterior, in [0, 1]: 1 is ancestral, 0 forgets every token. */
export type Kappa = (transition: Transition) => number;

function checkShare(name: string, value: number): void {
  if (!(value >= 0 && value <= 1)) throw new Error(`${name} must be in [0, 1], got ${value}.`);
}

/** κ = 1 − σ/(1 − alpha_s), clipped to [0, 1]: the Ψ form of ReMDM with re-masking probability σ. */
const fromRemask = (sigma: number, alphaS: number): number =>
  alphaS >= 1 ? 1 : Math.min(1, Math.max(0, 1 - sigma / (1 - alphaS)));

/** The largest re-masking probability that keeps ReMDM's posterior valid. */
const largest = ({ alphaT, alphaS }: Transition): number => (1 - alphaS) / alphaT;

/** κ = 1: the reverse process of MDLM or Duo. */
export const ancestral = (): Kappa => () => 1;

export function constant(kappa: number): Kappa {
  checkShare("kappa", kappa);
  return () => kappa;
}

/** ReMDM-cap: σ = min(η, (1 − alpha_s)/alpha_t). */
export function cap(eta: number): Kappa {
  checkShare("eta", eta);
  return (at) => fromRemask(Math.min(eta, largest(at)), at.alphaS);
}

/**
 * ReMDM-rescale: σ = η·min(1, (1 − alpha_s)/alpha_t); `asReleased`, as the papers' code has it, min(η, ·) for min(1,
 * ·).
 */
export function rescale(eta: number, { asReleased = false } = {}): Kappa {
  checkShare("eta", eta);
  return (at) => fromRemask(eta * Math.min(asReleased ? eta : 1, largest(at)), at.alphaS);
}

/** σ = η: the middle phase of ReMDM-loop. */
export function remask(eta: number): Kappa {
  checkShare("eta", eta);
  return (at) => fromRemask(eta, at.alphaS);
}

/** `kappa` while off < t ≤ on, ancestral elsewhere; 0 ≤ off < on ≤ 1. */
export function within({ on, off }: { on: number; off: number }, kappa: Kappa): Kappa {
  checkShare("on", on);
  checkShare("off", off);
  if (off >= on) throw new Error(`A window must end below its start, got on ${on} and off ${off}.`);
  return (at) => (at.t > off && at.t <= on ? kappa(at) : 1);
}

const line = (from: number, to: number, count: number): number[] =>
  Array.from({ length: count }, (_, i) =>
    i > 0 && i === count - 1 ? to : from + ((to - from) * i) / Math.max(1, count - 1),
  );

/** Times of the sampler's `steps` transitions, steps + 1 of them: evenly from 1 to `last`. */
export const linearGrid = (steps: number, last = 1e-5): Float64Array => Float64Array.from(line(1, last, steps + 1));

export interface LoopOptions {
  /** Re-masking probability on the plateau; default 0.01. */
  eta?: number;
  /** alpha of the plateau; default 0.9. */
  alpha?: number;
  /** Shares of the grid's points before and on the plateau; default 0.45 and 0.5. */
  before?: number;
  plateau?: number;
}

/** ReMDM-loop: down to a plateau of constant alpha, where only the corrector moves tokens, then down to the end. */
export function loop(
  schedule: Schedule,
  steps: number,
  { eta = 0.01, alpha = 0.9, before = 0.45, plateau = 0.5 }: LoopOptions = {},
): { grid: Float64Array; kappa: Kappa } {
  checkShare("before + plateau", before + plateau);
  const time = schedule.time(alpha);
  const first = Math.round(before * (steps + 1));
  const flat = Math.min(Math.round(plateau * (steps + 1)), steps - 1 - first); // two points at least are for the end
  const rest = steps + 1 - first - flat;
  if (first < 2 || flat < 1 || rest < 2) throw new Error(`${steps} steps are too few for a loop; take at least 4.`);
  const grid = Float64Array.from([...line(1, time, first), ...line(time, time, flat), ...line(time, 1e-5, rest)]);
  const remasking = remask(eta);
  return { grid, kappa: (at) => (at.alphaS === at.alphaT ? remasking(at) : 1) };
}
