import * as nn from "../../nn/index.js";
import { type Initializer, straightThrough, type Tensor } from "../../tensor/index.js";
import { hearing } from "./hearing.js";
import type { DyadicNetworkShape } from "./shape.js";

/** Rows [n, D] that are orthogonal and of length 1, n ≤ D. */
export const orthonormal: Initializer = (out, [rows, width], random) => {
  for (let row = 0; row < rows; row++) {
    const own = Float64Array.from({ length: width }, () => random.normal());
    for (let round = 0; round < 2; round++)
      for (let other = 0; other < row; other++) {
        let along = 0;
        for (let j = 0; j < width; j++) along += own[j] * out[other * width + j];
        for (let j = 0; j < width; j++) own[j] -= along * out[other * width + j];
      }
    const length = Math.hypot(...own);
    for (let j = 0; j < width; j++) out[row * width + j] = own[j] / length;
  }
};

/**
 * The motion dictionary: atoms that are orthonormal at first. `weigh` says how much of each a style has, from the mean
 * and deviation of its latents; the target's sound attends to the weighted atoms.
 */
export function dictionary(
  { width, heads, atoms: count, activeAtoms, styleTokens }: DyadicNetworkShape,
  latent: number,
) {
  const atoms = nn.parameter([count, width], orthonormal);
  const read = nn.mlp([2 * latent, width, count], { init: "xavier" });
  const hear = hearing(width, heads);
  /** Weights [B, atoms] of styles [B, 2·latent]; `temperature` [1] sharpens them. */
  const weigh = (style: Tensor, temperature: Tensor): Tensor => {
    const soft = read(style).div(temperature).softmax();
    if (activeAtoms === 0 || activeAtoms === count) return soft;
    const least = soft.topK(activeAtoms).values.slice(-1, activeAtoms - 1);
    return straightThrough(soft.mul(soft.greaterOrEqual(least).cast("float32")), soft);
  };
  /** Sound [B, T, D] with what the weights' atoms add; `keep` [B] 0 leaves it as it is. */
  const forward = (sound: Tensor, weights: Tensor, keep: Tensor): Tensor => {
    const [B] = sound.shape;
    const weighted = weights.unsqueeze(-1).mul(atoms.unsqueeze(0));
    const context = styleTokens === "sum" ? weighted.sum(1, true) : weighted;
    return sound.add(hear(sound, { context }).mul(keep.reshape([B, 1, 1])));
  };
  return Object.assign(nn.module({ atoms, read, hear }, forward), { weigh });
}
