import { angleOf, disturbRows, type NoiseKind, spherifyRows } from "./geometry.js";

/** Encoder and decoder on rows of one batch, with their classes and guidance. */
export interface Coder {
  /** Length L of a latent. */
  readonly latent: number;
  /** Pixels to raw latents. */
  encode(pixels: Float32Array): Promise<Float32Array>;
  /** Latents on the sphere, by how many degrees noise has turned them, to pixels. */
  decode(latents: Float32Array, angle: number): Promise<Float32Array>;
}

export interface PassOptions {
  passes: number;
  kind: NoiseKind;
  /** Strength of the full noise: σ, or radians of a rotation. */
  full: number;
  /** Share of the full noise in a pass (from 0), in [0, 1]. */
  strength(pass: number): number;
  /** Gaussian noise [rows, L] of a pass. */
  noise(pass: number): Float32Array;
}

/** Passes of pictures through {encode, disturb, decode} (2602.15030, few-step refinement): the pixels after each. */
export async function* refinePasses(
  coder: Coder,
  pixels: Float32Array,
  { passes, kind, full, strength, noise }: PassOptions,
): AsyncGenerator<Float32Array, void, void> {
  let current = pixels;
  for (let pass = 0; pass < passes; pass++) {
    const v = spherifyRows(await coder.encode(current), coder.latent);
    const turn = strength(pass) * full;
    current = await coder.decode(disturbRows(v, turn, noise(pass), coder.latent, kind), angleOf(kind, turn));
    yield current;
  }
}

/**
 * Generation in `passes` + 1 decodings: a random point of the sphere is decoded, then refined. Yields the pixels after
 * each decoding.
 * `first` is the Gaussian noise [rows, L] whose direction is the point, `angle` what the decoder is told of it.
 */
export async function* sphereSample(
  coder: Coder,
  first: Float32Array,
  angle: number,
  options: PassOptions,
): AsyncGenerator<Float32Array, void, void> {
  const pixels = await coder.decode(spherifyRows(first, coder.latent), angle);
  yield pixels;
  yield* refinePasses(coder, pixels, options);
}
