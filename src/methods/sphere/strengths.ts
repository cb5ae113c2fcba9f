import type { Random } from "../../random/index.js";
import { capacityAngle, fullStrength, type NoiseKind } from "./geometry.js";

/**
 * Which share of the heavy noises go beyond the maximal angle, and how: as the paper intends, as its released code
 * does, or none.
 */
export type HardCases = "intended" | "asReleased" | "none";

export interface StrengthOptions {
  kind: NoiseKind;
  /** Degrees of the full strength. */
  maxAngle: number;
  hardCases: HardCases;
  /** Probability of a hard case. */
  hardShare?: number;
  /** Angle in degrees up to which hard cases go; default `hardAngle(kind, maxAngle)`. */
  hardAngle?: number;
}

/** Default reach of hard cases: five degrees beyond the maximal angle, at most 89 (rotation: 90). */
export const hardAngle = (kind: NoiseKind, maxAngle: number): number =>
  Math.min(maxAngle + 5, kind === "additive" ? 89 : 90);

/** The angle that `maxAngle: "auto"` stands for: the capacity angle of the training images, at most 85°. */
export const resolveAngle = (maxAngle: number | "auto", images: number, length: number): number =>
  maxAngle === "auto" ? Math.min(85, Math.round(10 * capacityAngle(images, length)) / 10) : maxAngle;

/**
 * Stratified numbers in [0, 1] for a batch, in random order: exactly one 0, one 1, and one in each of batch − 2 equal
 * intervals. Batches of one or two are uniform.
 */
export function stratified(batch: number, random: Random): Float32Array {
  if (batch < 3) return Float32Array.from({ length: batch }, () => random.uniform());
  const m = batch - 2;
  const values = new Float32Array(batch); // the last two stay 0 and become 1
  for (let i = 0; i < m; i++) values[i] = (i + 0.001 + 0.999 * random.uniform()) / m;
  values[batch - 1] = 1;
  const order = random.permutation(batch);
  return Float32Array.from(order, (i) => values[i]);
}

/**
 * Noise strengths of a batch (σ, or radians of a rotation), [batch] each. Heavy: stratified r times the full strength,
 * hard cases beyond it. Light: r·r′/2 times the full strength, r before the hard cases and r′ a second stratified draw.
 */
export function drawStrengths(
  batch: number,
  { kind, maxAngle, hardCases, hardShare = 0.1, hardAngle: hard = hardAngle(kind, maxAngle) }: StrengthOptions,
  random: Random,
): { heavy: Float32Array; light: Float32Array } {
  const full = fullStrength(kind, maxAngle);
  const reach = full === 0 ? 1 : fullStrength(kind, hard) / full;
  const r = stratified(batch, random);
  const second = stratified(batch, random);
  const heavy = r.map((value) => {
    if (hardCases === "none") return value * full;
    const q = random.uniform();
    const share = hardCases === "intended" ? random.uniform() : q; // one draw for both reaches the lowest tenth of the band only
    return (q <= hardShare ? 1 + share * (reach - 1) : value) * full;
  });
  return { heavy, light: r.map((value, i) => value * second[i] * 0.5 * full) };
}
