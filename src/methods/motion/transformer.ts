import * as nn from "../../nn/index.js";
import { concat, type Tensor } from "../../tensor/index.js";
import type { MotionShape } from "./shape.js";

/** Keys and values of the words of captions, for each layer, [B, heads, S, d]. */
export type TextMemory = readonly nn.Memory[];

export interface TransformerInputs {
  /** What the layers know of the captions; see `remember`. */
  text: TextMemory;
  /** bool [B, 1, N, S]: which words each token sees. */
  textMask: Tensor;
  /** bool, broadcast to [B, heads, N, M]: which tokens each token sees, those of the cache first. */
  mask: Tensor;
  /** int32 or float32 [N]: where the tokens stand; default 0 … N − 1. */
  positions?: Tensor;
  /** Keys and values of earlier tokens, for each layer, [B, heads, M − N, d]. */
  cache?: readonly nn.Memory[];
}

/** Width of the time's cosines and sines. */
const TIME = 256;
/** Times in [0, 1] are stretched by it before the sines, which would hardly tell them apart; CMDM does not. */
const TIME_SCALE = 1000;

/**
 * The causal diffusion transformer: tokens [B, N, latent] with a noise level for each block, t [B, N/block] (0 noise, 1
 * clean), to their velocities and to the keys and values of every layer, for a cache. Time enters by AdaLN-zero, text by
 * cross-attention to the words' states, place by rotary positions.
 */
export function transformer({ codec: { latent }, text, network }: Pick<MotionShape, "codec" | "text" | "network">) {
  const { width, heads, blocks: depth, hidden, block, timeScale: scale = TIME_SCALE } = network;
  const input = nn.linear(latent, width, { init: "xavier" });
  const time = nn.mlp([TIME, width, width], { init: 0.02 });
  const context = nn.linear(text.width, width, { init: "xavier" });
  const options = { queryKeyNorm: "width", init: "xavier" } as const;
  const layers = Array.from({ length: depth }, () => ({
    modulation: nn.linear(width, 6 * width, { init: "zeros" }),
    attention: nn.attention(width, heads, { ...options, rotary: true }),
    crossNorm: nn.layerNorm(width, { eps: 1e-6 }),
    cross: nn.attention(width, heads, options),
    mlp: nn.mlp([width, hidden, width], { activation: (x) => x.geluTanh(), init: "xavier" }),
  }));
  const norm = nn.layerNorm(width, { eps: 1e-6, affine: false });
  const output = nn.linear(width, latent, { init: "zeros" });

  const forward = (x: Tensor, t: Tensor, { text, textMask, mask, positions, cache }: TransformerInputs) => {
    const [B, N] = x.shape;
    const levels = time(nn.sinusoidal(t, TIME, { scale })).silu();
    const perBlock = (h: Tensor) => h.reshape([B, N / block, block, width]);
    const perToken = (h: Tensor) => h.reshape([B, N, width]);
    const memories: nn.Memory[] = [];
    const h = layers.reduce(
      (h, { modulation, attention, crossNorm, cross, mlp }, i) =>
        nn.block(
          (h, levels) => {
            const [shift1, scale1, gate1, shift2, scale2, gate2] = modulation(levels)
              .reshape([B, N / block, 1, 6 * width])
              .split(6, -1);
            const modulated = (h: Tensor, shift: Tensor, scale: Tensor) =>
              perToken(nn.modulate(perBlock(norm(h)), shift, scale));
            const gated = (h: Tensor, gate: Tensor) => perToken(perBlock(h).mul(gate));
            const seen = modulated(h, shift1, scale1);
            const own = attention.memory(seen, positions);
            memories.push(own);
            const known = cache ? cache[i] : null;
            const all = known
              ? { keys: concat([known.keys, own.keys], 2), values: concat([known.values, own.values], 2) }
              : own;
            const h1 = h.add(gated(attention(seen, { context: all, positions, mask }), gate1));
            const h2 = h1.add(cross(crossNorm(h1), { context: text[i], mask: textMask }));
            return h2.add(gated(mlp(modulated(h2, shift2, scale2)), gate2));
          },
          h,
          levels,
        ),
      input(x),
    );
    return { velocity: output(h), memories };
  };
  /** What the layers know of captions, from the words' states [B, S, width of the text]. */
  const remember = (states: Tensor): TextMemory => {
    const words = context(states);
    return layers.map(({ cross }) => cross.memory(words));
  };
  return Object.assign(nn.module({ input, time, context, layers, output }, forward), { remember });
}
export type Transformer = ReturnType<typeof transformer>;
