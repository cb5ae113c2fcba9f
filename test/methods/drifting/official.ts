import { expect } from "vitest";
import type { TensorRecord } from "../../../src/io/safetensors.js";

export const golden = "test/goldens/drifting-official";

/** The goldens' `model_config`, as the official code writes it. */
export const config = {
  cond_dim: 24,
  num_classes: 5,
  noise_classes: 4,
  noise_coords: 3,
  input_size: 8,
  in_channels: 3,
  n_cls_tokens: 3,
  patch_size: 2,
  hidden_size: 24,
  depth: 2,
  num_heads: 2,
  mlp_ratio: 4,
  out_channels: 3,
  use_qknorm: true as const,
  use_swiglu: true as const,
  use_rope: true as const,
  use_rmsnorm: true as const,
  use_bf16: false,
  attn_fp32: true,
  use_remat: true,
};

/** Pixels [n, 8, 8, 3] as ours, [n, 3, 8, 8]. */
const ours = ({ data }: TensorRecord): Float32Array =>
  Float32Array.from({ length: data.length }, (_, i) => {
    const [image, channel, pixel] = [Math.floor(i / 192), Math.floor(i / 64) % 3, i % 64];
    return Number(data[image * 192 + pixel * 3 + channel]);
  });

/** The goldens' noise and images in our order. */
export const inOurOrder = ({ noise, samples }: Record<string, TensorRecord>) => ({
  noise: ours(noise),
  samples: ours(samples),
});

export function furthest(found: ArrayLike<number>, wanted: ArrayLike<number>): number {
  expect(found.length).toBe(wanted.length);
  return Array.from(wanted).reduce((most, value, i) => Math.max(most, Math.abs(value - found[i])), 0);
}
