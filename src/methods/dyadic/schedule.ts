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

/**
 * Where drawing begins if noise is predicted. Clean latents are foreseen with the error of the prediction divided by what
 * is left of the signal: by 0.01 at time 1, where a good network is wrong by several deviations and all that is drawn
 * becomes too large, and by 0.03 here.
 */
export const FIRST = 0.98;

/** The times of `steps` steps, from the first one down, and 0 behind the last. */
export const timesOf = (steps: number, first = 1): Float64Array =>
  Float64Array.from({ length: steps + 1 }, (_, i) => first * (1 - i / steps));
