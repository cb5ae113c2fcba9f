/** What is left of the signal at time t in [0, 1], ᾱ(t): the cosine schedule (2102.09672), s = 0.008. */
const S = 0.008;
const cosine = (t: number): number => Math.cos((((t + S) / (1 + S)) * Math.PI) / 2) ** 2;
export const signal = (t: number): number => cosine(t) / cosine(0);

/** Noise levels of training: t = (k + 1) / LEVELS. The last has hardly any signal, and is bounded so that it can be divided by. */
export const LEVELS = 1000;
const LEAST = 1e-4;

/** √ᾱ and √(1 − ᾱ) at time t. */
export function mixture(t: number): { signal: number; noise: number } {
  const share = Math.max(LEAST, signal(t));
  return { signal: Math.sqrt(share), noise: Math.sqrt(Math.max(0, 1 - share)) };
}

/** The times of `steps` steps, from 1 down, and 0 behind the last. */
export const timesOf = (steps: number): Float64Array =>
  Float64Array.from({ length: steps + 1 }, (_, i) => 1 - i / steps);
