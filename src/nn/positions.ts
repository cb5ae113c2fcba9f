import { constant } from "../tensor/leaves.js";
import { concat } from "../tensor/ops/index.js";
import type { Tensor } from "../tensor/tensor.js";

function halfOf(width: number, name: string): number {
  if (!Number.isInteger(width) || width < 2 || width % 2 !== 0)
    throw new Error(`${name}: width must be an even positive integer, got ${width}.`);
  return width / 2;
}

/** base^(−i/half), i = 0 … half − 1. */
const frequencies = (half: number, base = 1e4): Float64Array =>
  Float64Array.from({ length: half }, (_, i) => base ** (-i / half));

/**
 * Scalars [...] to vectors [..., width]: cos, then sin, of scale·x·base^(−i/half). For times in [0, 1] a scale of 1000
 * is usual.
 */
export function sinusoidal(
  x: Tensor,
  width: number,
  { base = 1e4, scale = 1 }: { base?: number; scale?: number } = {},
): Tensor {
  const half = halfOf(width, "sinusoidal");
  const angles = x.unsqueeze(-1).mul(constant(frequencies(half, base).map((f) => f * scale)));
  return concat([angles.cos(), angles.sin()], -1);
}

/** Sinusoidal position table [length, width]: sin, then cos, of p·base^(−i/half). */
export function sinCos1d(length: number, width: number, base = 1e4): Float32Array {
  return sinCosOf(
    Float64Array.from({ length }, (_, p) => p),
    width,
    base,
  );
}

function sinCosOf(positions: Float64Array, width: number, base: number): Float32Array {
  const half = halfOf(width, "sinCos");
  const freq = frequencies(half, base);
  const table = new Float32Array(positions.length * width);
  positions.forEach((p, row) => {
    for (let i = 0; i < half; i++) {
      table[row * width + i] = Math.sin(p * freq[i]);
      table[row * width + half + i] = Math.cos(p * freq[i]);
    }
  });
  return table;
}

/**
 * Position table [height·width, channels] of a grid: the first half of a row encodes the column, the second the line
 * (as in MAE and DiT).
 */
export function sinCos2d(height: number, width: number, channels: number, base = 1e4): Float32Array {
  const half = halfOf(channels, "sinCos2d");
  const columns = sinCos1d(width, half, base);
  const rows = sinCos1d(height, half, base);
  const table = new Float32Array(height * width * channels);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const at = (y * width + x) * channels;
      table.set(columns.subarray(x * half, (x + 1) * half), at);
      table.set(rows.subarray(y * half, (y + 1) * half), at + half);
    }
  return table;
}
