/**
 * Weight of each of `unconditional` real negatives among `generated` own samples that makes the trained distribution
 * α·p(x|c) − (α − 1)·p(x): w = (α − 1)(G − 1)/U. `guidance` α ≥ 1.
 */
export function guidanceWeight(guidance: number, generated: number, unconditional: number): number {
  if (!(guidance >= 1)) throw new Error(`guidanceWeight: guidance must be at least 1, got ${guidance}.`);
  return ((guidance - 1) * (generated - 1)) / unconditional;
}

/** The inverse of `guidanceWeight`: α = ((G − 1) + U·w)/(G − 1). */
export const guidanceOfWeight = (weight: number, generated: number, unconditional: number): number =>
  (generated - 1 + unconditional * weight) / (generated - 1);

/** Inverse CDF of the density ∝ α^−power on [1, max] at u in [0, 1]. */
export function guidanceQuantile(u: number, power: number, max = 4): number {
  if (power === 1) return max ** u;
  return (1 + u * (max ** (1 - power) - 1)) ** (1 / (1 - power));
}

/** How guidance strengths are drawn in training: 1 with some probability, else from the power law. */
export interface GuidanceDistribution {
  power: number;
  max: number;
  /** Probability of exactly 1. */
  none: number;
}

export const drawGuidance = (random: { uniform(): number }, { power, max, none }: GuidanceDistribution): number =>
  random.uniform() < none ? 1 : guidanceQuantile(random.uniform(), power, max);
