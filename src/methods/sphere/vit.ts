import * as nn from "../../nn/index.js";
import { axialRotation, constant, type Rotation, type Tensor } from "../../tensor/index.js";

/**
 * What encoder and decoder agree on (2602.15030): an image is N = (height/patch)·(width/patch) tokens, its latent L =
 * N·channels numbers.
 */
export interface VitConfig {
  image: { channels: number; height: number; width: number };
  /** Side of a token's square of pixels. */
  patch: number;
  /** Latent channels d of a token. */
  channels: number;
  /** Of the transformer, as are layers and heads; a head's width must be a multiple of 4. */
  width: number;
  layers: number;
  heads: number;
  /** Blocks of the MLP-mixer at the latent's side of both networks; the paper: 2 at 32², 4 at 256². */
  mixer: number;
  /** From tokens to pixels: each token its patch (the paper at 256²), or a small convolutional decoder (at 32²). */
  head: "linear" | "conv";
  /** Whether blocks and head are modulated by a condition [B, width]. */
  conditional: boolean;
  /**
   * Start of the encoder's last linear layer, default `xavier`. `zeros` is the paper's: latents then start at zero,
   * where the two norms behind them multiply gradients by a million.
   */
  encoderHead?: "xavier" | "zeros";
  /**
   * Whether the encoder ends in a norm of each token, as in the paper; default true. It keeps all tokens at about the
   * same length, which tokens of a random point on the sphere have only when there are many channels.
   */
  tokenNorm?: boolean;
}

/** The published sizes. */
export const vitSizes = {
  small: { width: 512, layers: 8, heads: 8 },
  base: { width: 768, layers: 12, heads: 12 },
  large: { width: 1024, layers: 24, heads: 16 },
  xlarge: { width: 1152, layers: 28, heads: 16 },
} satisfies Record<string, Pick<VitConfig, "width" | "layers" | "heads">>;

/** Lines and columns of tokens. Throws where the sizes do not fit together. */
function gridOf({ image, patch, width, heads }: VitConfig) {
  if (image.height % patch !== 0 || image.width % patch !== 0)
    throw new Error(`Patches of ${patch} pixels do not divide an image of ${image.height}×${image.width}.`);
  if (!Number.isInteger(width / heads / 4))
    throw new Error(`The width of a head must be a multiple of 4, got ${width}/${heads} = ${width / heads}.`);
  const [lines, columns] = [image.height / patch, image.width / patch];
  return { lines, columns, tokens: lines * columns };
}

/**
 * Images [B, C, H, W] to tokens [B, N, C·patch²] in row-major order; a token's pixels are ordered channel, line,
 * column.
 */
export const patchify = (images: Tensor, patch: number): Tensor => images.spaceToDepth(patch).flatten(2).transpose();

/** Tokens [B, lines·columns, C] as maps [B, C, lines, columns]. */
const asMaps = (tokens: Tensor, lines: number, columns: number): Tensor =>
  tokens.transpose().reshape([tokens.shape[0], tokens.shape[2], lines, columns]);

/** The inverse of `patchify`, for a grid of so many lines and columns. */
export const unpatchify = (tokens: Tensor, lines: number, columns: number, patch: number): Tensor =>
  asMaps(tokens, lines, columns).depthToSpace(patch);

function once<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => (made ??= make());
}

/**
 * The transformer of both networks, [B, N, width] to [B, N, outputs]: fixed sin-cos positions, pre-norm blocks with
 * rotary positions (the first half of a head turns with the line, the second with the column) and SwiGLU, and a linear
 * head. With a condition, adaLN-zero in every block and before the head.
 */
function trunk(config: VitConfig, outputs: number, headInit: "xavier" | "zeros") {
  const { width, layers, heads, conditional } = config;
  const { lines, columns, tokens } = gridOf(config);
  // Made when first traced: a network that is only described costs nothing
  const table = once(() => constant(nn.sinCos2d(lines, columns, width), [tokens, width]));
  const rotation = once(() => {
    const at = Array.from({ length: tokens }, (_, i) => i);
    return axialRotation([at.map((i) => Math.floor(i / columns)), at.map((i) => i % columns)], width / heads);
  });
  const rotary: Rotation = {
    get cos() {
      return rotation().cos;
    },
    get sin() {
      return rotation().sin;
    },
  };
  const options = { rotary, queryKeyNorm: false, hidden: Math.floor((8 * width) / 3), init: "xavier" } as const;
  const perLayer = <T>(make: () => T) => Array.from({ length: layers }, make);
  if (conditional) {
    const blocks = perLayer(() => nn.ditBlock(width, heads, options));
    const head = nn.ditHead(width, outputs, { init: headInit });
    return nn.module({ blocks, head }, (x: Tensor, condition: Tensor | null): Tensor => {
      if (!condition) throw new Error("This network is conditional: give the class vectors [B, width].");
      return head(
        blocks.reduce((h, block) => block(h, condition), x.add(table())),
        condition,
      );
    });
  }
  const blocks = perLayer(() => nn.transformerBlock(width, heads, options));
  const head = nn.linear(width, outputs, { init: headInit });
  return nn.module({ blocks, head }, (x: Tensor, condition: Tensor | null): Tensor => {
    if (condition) throw new Error("This network is unconditional: its condition must be null.");
    return head(blocks.reduce((h, block) => block(h), x.add(table())));
  });
}

/**
 * The latent's MLP-mixer over [B, tokens, width]: blocks that start as the identity, then (by default) a norm of each
 * token.
 */
export function latentMixer(tokens: number, width: number, depth: number, init: nn.WeightInit, tokenNorm = true) {
  const options = {
    tokenHidden: tokens,
    channelHidden: 2 * width,
    activation: nn.silu,
    norm: "rms",
    scaled: true,
    init,
  } as const;
  const blocks = Array.from({ length: depth }, () => nn.mixerBlock(tokens, width, options));
  const norm = tokenNorm ? nn.rmsNorm(width) : null;
  return nn.module({ blocks, norm }, (x: Tensor): Tensor => {
    const mixed = blocks.reduce((h, block) => block(h), x);
    return norm ? norm(mixed) : mixed;
  });
}

/**
 * Images [B, C, H, W] in [−1, 1], and a condition [B, width] (null: unconditional), to raw latents [B, L], token by
 * token; the caller projects them onto the sphere. The patch embedding is the paper's convolution of kernel and stride
 * `patch`, written as a product.
 */
export function vitEncoder(config: VitConfig) {
  const { image, patch: side, channels, width, mixer: depth, encoderHead = "xavier", tokenNorm } = config;
  const { tokens } = gridOf(config);
  const patch = nn.linear(image.channels * side * side, width, { bias: false, init: "xavier" });
  const embed = nn.linear(width, width, { init: "xavier" });
  const body = trunk(config, channels, encoderHead);
  const mixer = latentMixer(tokens, channels, depth, "xavier", tokenNorm);
  return nn.module({ patch, embed, trunk: body, mixer }, (images: Tensor, condition: Tensor | null): Tensor => {
    const wanted = [image.channels, image.height, image.width];
    if (String(images.shape.slice(1)) !== String(wanted))
      throw new Error(`This encoder takes images [B, ${wanted.join(", ")}], got [${images.shape.join(", ")}].`);
    return mixer(body(embed(patch(patchify(images, side))), condition)).flatten(1);
  });
}

/**
 * Latents [B, L] on the sphere, and a condition [B, width] (null: unconditional), to images [B, C, H, W] in [−1, 1],
 * which are exactly zero (grey) at the start.
 */
export function vitDecoder(config: VitConfig) {
  const { channels, width, mixer: depth } = config;
  const { tokens } = gridOf(config);
  const pixels = config.head === "linear" ? patchHead(config) : convHead(config);
  const embed = nn.linear(channels, width, { init: 1 });
  const mixer = latentMixer(tokens, width, depth, 1);
  const body = trunk(config, pixels.inputs, "zeros");
  return nn.module({ embed, mixer, trunk: body, pixels: pixels.net }, (latents: Tensor, condition: Tensor | null) => {
    const rows = latents.reshape([latents.shape[0], tokens, channels]);
    return pixels.net(body(mixer(embed(rows)), condition)).tanh();
  });
}

/** Xavier with gain 0.01, for convolutions of either direction. */
const faint: nn.WeightInit = (out, shape, random) => {
  const [a, b, height, width] = shape;
  nn.init.uniform(0.01 * Math.sqrt(6 / ((a + b) * height * width)))(out, shape, random);
};

const reflected = (maps: Tensor): Tensor => maps.padReflect(2, 1, 1).padReflect(3, 1, 1);

/** Each token is its patch; a 3×3 convolution with mirrored borders smooths the seams. */
function patchHead(config: VitConfig) {
  const { image, patch } = config;
  const { lines, columns } = gridOf(config);
  const conv = nn.conv2d(image.channels, image.channels, 3, { init: faint });
  return {
    inputs: image.channels * patch * patch,
    net: nn.module({ conv }, (tokens: Tensor): Tensor => conv(reflected(unpatchify(tokens, lines, columns, patch)))),
  };
}

/**
 * Each token is 32 channels of one point; a 3×3 convolution with mirrored borders, then a transposed one that fills the
 * patches.
 */
function convHead(config: VitConfig) {
  const { image, patch } = config;
  const { lines, columns } = gridOf(config);
  const inputs = 32;
  const conv = nn.conv2d(inputs, inputs, 3, { init: faint });
  const out = nn.convTranspose2d(inputs, image.channels, patch + 2, { stride: patch, padding: 1, init: faint });
  return {
    inputs,
    net: nn.module(
      { conv, out },
      (tokens: Tensor): Tensor => out(conv(reflected(asMaps(tokens, lines, columns))).silu()),
    ),
  };
}
