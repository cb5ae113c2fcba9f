import { z } from "zod";
import { imageShape, width } from "../models/shape.js";
import * as nn from "../nn/index.js";
import type { Tensor } from "../tensor/index.js";

/** Widths of encoder and decoder. */
export const codecShape = z.strictObject({
  latent: width,
  /** Channels of the encoder at H/2 and H/4. */
  encoder: z.tuple([width, width]).readonly(),
  /** Width of the hidden vector on both sides. */
  hidden: width,
  /** Channels of the decoder at H/4, H/2 and H. */
  decoder: z.tuple([width, width, width]).readonly(),
});
export const autoencoderShape = imageShape.extend(codecShape.shape);
export type AutoencoderConfig = z.infer<typeof autoencoderShape>;

/** What sides of images must be multiples of: they are halved twice. */
export const CODEC_STEP = 4;

const quarter = (n: number): number => {
  if (n % CODEC_STEP !== 0) throw new Error(`The autoencoder needs sides that are multiples of 4, got ${n}.`);
  return n / CODEC_STEP;
};

/**
 * Images [N, C, H, W] in [−1, 1] to latent vectors [N, latent]: two strided convolutions and two linear layers. The
 * hidden ones start as `init` says.
 */
export function encoder(
  { height, width, channels, latent, encoder: [c1, c2], hidden }: AutoencoderConfig,
  init?: nn.WeightInit,
) {
  const flat = c2 * quarter(height) * quarter(width);
  const conv1 = nn.conv2d(channels, c1, 4, { stride: 2, padding: 1, init });
  const conv2 = nn.conv2d(c1, c2, 4, { stride: 2, padding: 1, init });
  const linear1 = nn.linear(flat, hidden, { init });
  const linear2 = nn.linear(hidden, latent);
  return nn.module({ conv1, conv2, linear1, linear2 }, (images: Tensor) =>
    linear2(linear1(conv2(conv1(images).silu()).silu().flatten(1)).silu()),
  );
}

/** What noise is multiplied with at first: not zero, where opposite signs are alike and nothing pulls. */
const firstNoise = nn.init.filled(0.05);

/** Numbers of the decoder's noise of an image: a map at H/4, one at H/2 and one at H. */
export const noiseOf = ({ height, width }: Pick<AutoencoderConfig, "height" | "width">): number =>
  (1 + 4 + 16) * quarter(height) * quarter(width);

/**
 * Latent vectors [N, latent] to images [N, C, H, W], unbounded: two linear layers, three convolutions, two pixel
 * shuffles. The hidden ones start as `init` says. `noisy`: before each convolution noise is added that every channel
 * scales for itself, of maps [N, `noiseOf`]; without maps there is none.
 */
export function decoder(
  { height, width, channels, latent, hidden, decoder: [c1, c2, c3] }: AutoencoderConfig,
  init?: nn.WeightInit,
  noisy = false,
) {
  const [h, w] = [quarter(height), quarter(width)];
  const scales = noisy ? [c1, c2, c3].map((c) => nn.parameter([c, 1, 1], firstNoise)) : [];
  const linear1 = nn.linear(latent, hidden, { init });
  const linear2 = nn.linear(hidden, c1 * h * w, { init });
  const conv1 = nn.conv2d(c1, 4 * c2, 3, { padding: 1, init });
  const conv2 = nn.conv2d(c2, 4 * c3, 3, { padding: 1, init });
  const conv3 = nn.conv2d(c3, channels, 3, { padding: 1 });
  const parts = { linear1, linear2, conv1, conv2, conv3, ...(noisy && { scales }) };
  return nn.module(parts, (latents: Tensor, maps?: Tensor) => {
    const [count] = latents.shape;
    const noised = (x: Tensor, level: 0 | 1 | 2) => {
      if (!maps || !noisy) return x;
      const [from, side] = [[0, 1, 5][level] * h * w, 2 ** level];
      const map = maps.slice(1, from, from + side * side * h * w).reshape([count, 1, side * h, side * w]);
      return x.add(map.mul(scales[level]));
    };
    const spatial = noised(linear2(linear1(latents).silu()).silu().reshape([count, c1, h, w]), 0);
    const half = noised(conv1(spatial).depthToSpace(2).silu(), 1);
    return conv3(noised(conv2(half).depthToSpace(2).silu(), 2));
  });
}
export type Decoder = ReturnType<typeof decoder>;
export type Encoder = ReturnType<typeof encoder>;
