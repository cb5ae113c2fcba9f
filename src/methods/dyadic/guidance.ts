import { mixture } from "./schedule.js";
import type { DyadicShape } from "./shape.js";

/** Strengths of guidance: of sounds, then of relation, traits and style, then of the partner's motion. */
export interface Strengths {
  readonly sound: number;
  readonly social: number;
  readonly partner: number;
}

/** Strengths by the options; those that are not given are as that of everything. */
export const strengthsOf = ({
  guidance = 1,
  socialGuidance = guidance,
  partnerGuidance = guidance,
}: {
  guidance?: number;
  socialGuidance?: number;
  partnerGuidance?: number;
}): Strengths => ({ sound: guidance, social: socialGuidance, partner: partnerGuidance });

/** Which conditions a pass of the network is shown, from none to all. */
export const PASSES = ["none", "sound", "social", "all"] as const;
export type Pass = (typeof PASSES)[number];

/**
 * How much each pass counts in nested guidance, ε∅ + wₐ(εₐ − ε∅) + wₛ(εₐₛ − εₐ) + wₘ(εₐₛₘ − εₐₛ); those that count
 * nothing are left out. With one strength w for all these are the two of ε∅ + w(ε − ε∅).
 */
export function passesOf({ sound, social, partner }: Strengths): { pass: Pass; weight: number }[] {
  const weights = [1 - sound, sound - social, social - partner, partner];
  const found = weights.flatMap((weight, i) => (Math.abs(weight) < 1e-9 ? [] : [{ pass: PASSES[i], weight }]));
  return found.length > 0 ? found : [{ pass: "none", weight: 1 }];
}

/** How much of what is stronger than what it is made of is brought back to the latter's deviation. */
const RESCALE = 0.7;

/** Values of passes as one, row by row brought back to the deviation of the last, the one with most conditions. */
export function combine(predictions: readonly { weight: number; values: Float32Array }[], rows: number): Float32Array {
  const last = predictions[predictions.length - 1].values;
  if (predictions.length === 1 && predictions[0].weight === 1) return last;
  const sum = last.map((_, i) => predictions.reduce((total, { weight, values }) => total + weight * values[i], 0));
  if (!predictions.some(({ weight }) => weight < 0)) return sum; // between predictions, not beyond them
  const per = sum.length / rows;
  for (let r = 0; r < rows; r++) {
    const own = sum.subarray(r * per, (r + 1) * per);
    const ratio = deviation(last.subarray(r * per, (r + 1) * per)) / Math.max(1e-8, deviation(own));
    const factor = RESCALE * ratio + 1 - RESCALE;
    for (let i = 0; i < per; i++) own[i] *= factor;
  }
  return sum;
}

/** A prediction as the clean latents that it foresees for a state x at time t, and clean latents as the prediction. */
const foreseen = {
  ddpm: {
    clean: (x: number, noise: number, t: number) => (x - mixture(t).noise * noise) / mixture(t).signal,
    predicted: (x: number, clean: number, t: number) => (x - mixture(t).signal * clean) / mixture(t).noise,
  },
  flow: {
    clean: (x: number, velocity: number, t: number) => x - t * velocity,
    predicted: (x: number, clean: number, t: number) => (x - clean) / t,
  },
  drift: { clean: (_: number, found: number) => found, predicted: (_: number, clean: number) => clean },
} satisfies Record<DyadicShape["objective"], unknown>;

/**
 * Predictions of passes for a state [B, n, d] at a time above 0, as one. It is the clean latents which they foresee that
 * are brought back to their deviation: most of what is predicted is noise, whose deviation guidance hardly changes.
 */
export function guided(
  objective: DyadicShape["objective"],
  predictions: readonly { weight: number; values: Float32Array }[],
  { state, time, rows }: { state: Float32Array; time: number; rows: number },
): Float32Array {
  if (predictions.length === 1) return predictions[0].values;
  const { clean, predicted } = foreseen[objective];
  const passes = predictions.map(({ weight, values }) => ({
    weight,
    values: values.map((value, i) => clean(state[i], value, time)),
  }));
  return combine(passes, rows).map((value, i) => predicted(state[i], value, time));
}

function deviation(values: Float32Array): number {
  let [sum, squares] = [0, 0];
  for (const value of values) {
    sum += value;
    squares += value * value;
  }
  const mean = sum / values.length;
  return Math.sqrt(Math.max(0, squares / values.length - mean * mean));
}
