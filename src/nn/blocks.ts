import { showShape } from "../tensor/shape.js";
import type { Tensor } from "../tensor/tensor.js";
import { gelu, geluTanh, silu } from "./activations.js";
import { type AttentionInputs, type AttentionOptions, attention } from "./attention.js";
import { conv2d } from "./conv.js";
import { type WeightInit, zeros } from "./initializers.js";
import { type Layer, type LinearOptions, linear, mlp } from "./linear.js";
import { module, parameter } from "./module.js";
import { groupCount, groupNorm, layerNorm, rmsNorm } from "./norm.js";
import { block } from "./recompute.js";

/**
 * x·(1 + scale) + shift; for x [B, N, D], shift and scale [B, D] hold for all N (as do ones of x's own rank,
 * broadcast).
 */
export function modulate(x: Tensor, shift: Tensor, scale: Tensor): Tensor {
  const spread = (t: Tensor) => overPositions(t, x);
  return x.mul(spread(scale).add(1)).add(spread(shift));
}

/** [B, D] as [B, 1, …, D] of x's rank. */
function overPositions(t: Tensor, x: Tensor): Tensor {
  if (t.rank === x.rank) return t;
  if (t.rank !== 2) throw new Error(`A condition must be [B, D] or of rank ${x.rank}, got ${showShape(t.shape)}.`);
  return t.reshape([t.shape[0], ...new Array<number>(x.rank - 2).fill(1), t.shape[1]]);
}

/**
 * Hidden width of SwiGLU with about the parameters of a four times wider MLP: ⅔·4·width, rounded up to a multiple of
 * 32.
 */
export const swigluWidth = (width: number): number => 32 * Math.ceil((8 * width) / 3 / 32);

/** down(silu(gate(x))·up(x)) over the last axis (Shazeer 2020). */
export function swiglu(
  width: number,
  { hidden = swigluWidth(width), bias = true, init }: LinearOptions & { hidden?: number } = {},
) {
  const gate = linear(width, hidden, { bias, init });
  const up = linear(width, hidden, { bias, init });
  const down = linear(hidden, width, { bias, init });
  return module({ gate, up, down }, (x: Tensor): Tensor => down(gate(x).silu().mul(up(x))));
}

export interface TransformerOptions extends AttentionOptions {
  /** Which norm stands before attention and MLP: `rms` (default), `layer`, or `layerGain`, which has no bias. */
  norm?: BlockNorm;
  /** `swiglu` (default) or a GELU MLP, exact or with the tanh approximation. */
  mlp?: "swiglu" | "gelu" | "geluTanh";
  /** Hidden width of the MLP; default 4·width for GELU, `swigluWidth(width)` for SwiGLU. */
  hidden?: number;
  /** Whether norms before a modulation have learned gains; default true. */
  gain?: boolean;
}

export type BlockNorm = "rms" | "layer" | "layerGain";

/** A norm of a block or a head by its name; without a gain it has nothing learned. */
export function blockNorm(width: number, { norm = "rms", gain = true }: { norm?: BlockNorm; gain?: boolean }) {
  if (norm === "rms") return rmsNorm(width, { affine: gain });
  return layerNorm(width, { affine: gain && norm === "layerGain" ? "gain" : gain });
}

/** Mask and positions of the block's self-attention. */
export type SelfAttentionInputs = Omit<AttentionInputs, "context">;

function parts(
  width: number,
  heads: number,
  { norm, mlp: kind = "swiglu", hidden, gain, ...options }: TransformerOptions,
) {
  return {
    norm1: blockNorm(width, { norm, gain }),
    attention: attention(width, heads, options),
    norm2: blockNorm(width, { norm, gain }),
    mlp:
      kind === "swiglu"
        ? swiglu(width, { hidden, init: options.init })
        : mlp([width, hidden ?? 4 * width, width], {
            activation: kind === "gelu" ? gelu : geluTanh,
            init: options.init,
          }),
  };
}

/** Pre-norm transformer block [B, N, width]: x + attention(norm(x)), then x + mlp(norm(x)). */
export function transformerBlock(width: number, heads: number, options: TransformerOptions = {}) {
  const children = parts(width, heads, options);
  return module(
    children,
    (x: Tensor, inputs?: SelfAttentionInputs): Tensor =>
      block((x) => {
        const h = x.add(children.attention(children.norm1(x), inputs));
        return h.add(children.mlp(children.norm2(h)));
      }, x),
  );
}

/**
 * Transformer block with adaLN-zero (Peebles & Xie 2023): shift, scale and gate of both branches come from the
 * condition [B, conditionWidth] (or [B, N, conditionWidth]) through SiLU and a zero-initialised linear layer, so that
 * the block starts as the identity.
 */
export function ditBlock(
  width: number,
  heads: number,
  {
    conditionWidth = width,
    rotary = true,
    queryKeyNorm = true,
    ...options
  }: TransformerOptions & { conditionWidth?: number } = {},
) {
  const children = parts(width, heads, { rotary, queryKeyNorm, ...options });
  const modulation = linear(conditionWidth, 6 * width, { init: "zeros" });
  const { norm1, attention, norm2, mlp } = children;
  return module(
    { modulation, ...children },
    (x: Tensor, condition: Tensor, inputs?: SelfAttentionInputs): Tensor =>
      block(
        (x, condition) => {
          const [shift1, scale1, gate1, shift2, scale2, gate2] = modulation(condition.silu())
            .split(6)
            .map((t) => overPositions(t, x));
          const h = x.add(gate1.mul(attention(modulate(norm1(x), shift1, scale1), inputs)));
          return h.add(gate2.mul(mlp(modulate(norm2(h), shift2, scale2))));
        },
        x,
        condition,
      ),
  );
}

/**
 * The head after DiT blocks: norm, modulation and a linear layer (at zero unless `init` says else), [B, N, width] to
 * [B, N, outputs].
 */
export function ditHead(
  width: number,
  outputs: number,
  {
    conditionWidth = width,
    init = "zeros",
    ...norms
  }: { conditionWidth?: number; norm?: BlockNorm; gain?: boolean; init?: WeightInit } = {},
) {
  const norm = blockNorm(width, norms);
  const modulation = linear(conditionWidth, 2 * width, { init: "zeros" });
  const project = linear(width, outputs, { init });
  return module({ norm, modulation, project }, (x: Tensor, condition: Tensor): Tensor => {
    const [shift, scale] = modulation(condition.silu()).split(2);
    return project(modulate(norm(x), shift, scale));
  });
}

export interface MixerOptions {
  /** Hidden width of the MLP over positions; default 2·positions. */
  tokenHidden?: number;
  /** Hidden width of the MLP over channels; default 4·width. */
  channelHidden?: number;
  activation?: Layer;
  /** Default `layer`. */
  norm?: "rms" | "layer";
  /** A learned factor on each branch that starts at zero, so that the block starts as the identity; default false. */
  scaled?: boolean;
  init?: WeightInit;
}

/**
 * MLP-Mixer block (Tolstikhin et al. 2021) over [B, positions, width]: an MLP across positions, then one across
 * channels.
 */
export function mixerBlock(positions: number, width: number, options: MixerOptions = {}) {
  const { tokenHidden = 2 * positions, channelHidden = 4 * width, activation = gelu, norm, scaled, init } = options;
  const makeNorm = () => (norm === "rms" ? rmsNorm(width) : layerNorm(width));
  const makeScale = () => (scaled ? parameter([1], zeros) : null);
  const children = {
    norm1: makeNorm(),
    tokens: mlp([positions, tokenHidden, positions], { activation, init }),
    scale1: makeScale(),
    norm2: makeNorm(),
    channels: mlp([width, channelHidden, width], { activation, init }),
    scale2: makeScale(),
  };
  return module(children, (x: Tensor): Tensor => {
    const { norm1, tokens, scale1, norm2, channels, scale2 } = children;
    const times = (branch: Tensor, scale: Tensor | null) => (scale ? branch.mul(scale) : branch);
    const h = x.add(times(tokens(norm1(x).transpose()).transpose(), scale1));
    return h.add(times(channels(norm2(h)), scale2));
  });
}

export interface ResidualOptions {
  stride?: 1 | 2;
  /** Default SiLU. */
  activation?: Layer;
  /** Default `groupCount` of the channels. */
  groups?: number;
  /** Width of a condition [B, D] that scales and shifts the second norm's output; none by default. */
  conditionWidth?: number;
  /** Of the second convolution; `zeros` starts the block as its skip connection. */
  outInit?: WeightInit;
}

/**
 * Pre-activation residual block of images [B, from, H, W] to [B, to, H/stride, W/stride]: norm, activation, 3×3
 * convolution, twice, beside a skip connection (a 1×1 convolution where the shape changes).
 */
export function residualBlock(from: number, to = from, options: ResidualOptions = {}) {
  const { stride = 1, activation = silu, groups, conditionWidth, outInit } = options;
  const norm1 = groupNorm(groups ?? groupCount(from), from);
  const conv1 = conv2d(from, to, 3, { stride, padding: 1 });
  const norm2 = groupNorm(groups ?? groupCount(to), to);
  const conv2 = conv2d(to, to, 3, { padding: 1, init: outInit });
  const skip = from === to && stride === 1 ? null : conv2d(from, to, 1, { stride, bias: false });
  const modulation = conditionWidth ? linear(conditionWidth, 2 * to, { init: "zeros" }) : null;
  return module({ norm1, conv1, norm2, conv2, skip, modulation }, (x: Tensor, condition?: Tensor): Tensor => {
    let h = norm2(conv1(activation(norm1(x))));
    if (modulation) {
      if (!condition) throw new Error("This residual block takes a condition; give it as the second argument.");
      const [shift, scale] = modulation(condition.silu())
        .reshape([-1, 2 * to, 1, 1])
        .split(2, 1);
      h = h.mul(scale.add(1)).add(shift);
    }
    return conv2(activation(h)).add(skip ? skip(x) : x);
  });
}
