import { type Tensor, where } from "../../tensor/index.js";

/** Numbers of a row-major [rows, length] matrix. */
type Rows = Float32Array | Float64Array;
const EPSILON = 1e-6;
const RADIANS = Math.PI / 180;

/**
 * f(z) = z/√(mean(z²) + ε), the projection onto the sphere of radius √L: [B, L] to [B, L], each sample by itself. Zero
 * stays zero.
 */
export const spherify = (z: Tensor, epsilon = EPSILON): Tensor => z.rmsNorm({ epsilon });

/** `spherify` of numbers [rows, length], with sums in double precision. */
export function spherifyRows<T extends Rows>(z: T, length: number, epsilon = EPSILON): T {
  const out = z.slice() as T;
  for (let at = 0; at < out.length; at += length) {
    let squares = 0;
    for (let i = at; i < at + length; i++) squares += out[i] * out[i];
    const scale = 1 / Math.sqrt(squares / length + epsilon);
    for (let i = at; i < at + length; i++) out[i] = squares === 0 ? 0 : out[i] * scale;
  }
  return out;
}

/** σ = tan α: the noise whose addition turns a latent by the angle α (degrees, 0 ≤ α < 90) on average. */
export function sigmaOf(angle: number): number {
  if (!(angle >= 0 && angle < 90)) throw new Error(`An additive noise angle must be in [0, 90) degrees, got ${angle}.`);
  return Math.tan(angle * RADIANS);
}

/**
 * Capacity angle in degrees: up to it a noisy latent of length L still identifies one of `count` images, tan α =
 * 1/√(exp(2·ln(count)/L) − 1). It is also the typical angle from a random point to the nearest of as many random codes.
 */
export const capacityAngle = (count: number, length: number): number =>
  Math.atan(1 / Math.sqrt(Math.expm1((2 * Math.log(Math.max(count, 2))) / length))) / RADIANS;

/**
 * How a latent is disturbed: by adding noise and projecting (the paper), or by turning it through an exact angle (its
 * sequel).
 */
export type NoiseKind = "additive" | "rotation";

/** The full strength of a kind at an angle in degrees: σ for additive noise, radians for rotation. */
export function fullStrength(kind: NoiseKind, maxAngle: number): number {
  if (kind === "additive") return sigmaOf(maxAngle);
  if (!(maxAngle >= 0 && maxAngle <= 90))
    throw new Error(`A rotation angle must be in [0, 90] degrees, got ${maxAngle}.`);
  return maxAngle * RADIANS;
}

/** Degrees by which a strength of a kind turns a latent (additive: on average), the inverse of `fullStrength`. */
export const angleOf = (kind: NoiseKind, strength: number): number =>
  (kind === "additive" ? Math.atan(strength) : strength) / RADIANS;

/** `angleOf` of strengths [B], to degrees [B]. */
export const anglesOf = (kind: NoiseKind, strengths: Tensor): Tensor =>
  (kind === "additive" ? strengths.atan() : strengths).div(RADIANS);

/**
 * Disturbs latents v [B, L] on the sphere with Gaussian noise e [B, L] at strengths [B]. Additive: f(v + σ·e).
 * Rotation: cos α·v + sin α·u with u the part of e orthogonal to v, of length √L. Rows of strength 0 pass unchanged, to
 * the bit.
 */
export function disturb(v: Tensor, strength: Tensor, noise: Tensor, kind: NoiseKind = "additive"): Tensor {
  const s = strength.unsqueeze(-1);
  if (kind === "additive") return where(s.greater(0), spherify(v.add(noise.mul(s))), v);
  const across = noise.sub(v.mul(noise.mul(v).mean(-1, true).div(v.square().mean(-1, true))));
  return where(s.greater(0), v.mul(s.cos()).add(spherify(across, 0).mul(s.sin())), v);
}

/** `disturb` of numbers: v and noise [rows, length], one strength for all rows. */
export function disturbRows<T extends Rows>(v: T, strength: number, noise: T, length: number, kind: NoiseKind): T {
  if (strength === 0) return v.slice() as T;
  const out = v.slice() as T;
  if (kind === "additive") {
    for (let i = 0; i < out.length; i++) out[i] += strength * noise[i];
    return spherifyRows(out, length);
  }
  for (let at = 0; at < out.length; at += length) {
    let [along, squares] = [0, 0];
    for (let i = at; i < at + length; i++) {
      along += v[i] * noise[i];
      squares += v[i] * v[i];
    }
    for (let i = at; i < at + length; i++) out[i] = noise[i] - (along / squares) * v[i];
  }
  const across = spherifyRows(out, length, 0);
  const [c, s] = [Math.cos(strength), Math.sin(strength)];
  for (let i = 0; i < out.length; i++) out[i] = c * v[i] + s * across[i];
  return out;
}
