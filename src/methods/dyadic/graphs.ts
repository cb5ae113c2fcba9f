import { graph } from "../../models/programs.js";
import type { InputSpec } from "../../runtime/index.js";
import { constant } from "../../tensor/index.js";
import type { Conditions } from "./context.js";
import type { DyadicNetwork } from "./network.js";
import { type DyadicShape, pairInputs, soundTokens, TOKEN_FRAMES, TRAIT_COUNT, windowFrames } from "./shape.js";
import { STYLE_TEMPERATURE } from "./style.js";

/** The graphs that sampling is made of. */
export function dyadicGraphs(net: DyadicNetwork, shape: DyadicShape) {
  const { window, width, heads, blocks, attention } = shape.network;
  const { latent } = shape.tokenizer;
  const { tokens } = net.read;
  const memory = attention === "joint" ? [tokens, width] : [2 * blocks, heads, tokens, width / heads];
  const conditions = (size: number) => ({
    sound: [size, 2, windowFrames(shape), shape.sound],
    heard: [size],
    sounding: [size, soundTokens(shape.network)],
    partner: [size, window, latent],
    seen: [size, window],
    relation: { shape: [size], dtype: "int32" as const },
    traits: [size, TRAIT_COUNT],
    known: [size],
    style: [size, 2 * latent],
    styled: [size],
  });
  /** Conditions to what every step of a window reads. */
  const context = graph({
    inputs: conditions,
    build: (given) => {
      const { context, mask, social } = net.read(given as unknown as Conditions, constant([STYLE_TEMPERATURE.last]));
      return { memory: net.denoise.remember(context), mask: mask.cast("float32"), social };
    },
  });
  const denoise = graph({
    inputs: (size: number): Record<string, InputSpec> => ({
      state: [size, window, latent],
      time: [size],
      memory: [size, ...memory],
      mask: [size, tokens],
      social: [size, width],
      ...pairInputs(shape, size),
    }),
    build: ({ state, time, memory, mask, social, other, accompanied }) => ({
      predicted: net.denoise(state, time, { memory, mask: mask.greater(0.5), social, other, accompanied }),
    }),
  });
  /** Standardised latents as the tokenizer has them. */
  const raw = graph({
    inputs: (size: number) => ({ latents: [size, window, latent] }),
    build: ({ latents }) => ({ raw: net.latents.undo(latents) }),
  });
  /** The tokenizer's latents to frames; what differs from the mean pose is scaled. */
  const decode = graph({
    inputs: (size: number) => ({ raw: [size, window, latent], expressiveness: [size] }),
    build: ({ raw, expressiveness }) => ({
      frames: net.frames.undo(net.decode(raw).mul(expressiveness.reshape([-1, 1, 1]))),
    }),
  });
  /** Frames to the tokenizer's latents. */
  const encode = graph({
    inputs: (size: number) => ({ frames: [size, window * TOKEN_FRAMES, shape.features] }),
    build: ({ frames }) => ({ raw: net.encode(net.frames.apply(frames)) }),
  });
  /** The tokenizer's latents as standardised ones. */
  const standard = graph({
    inputs: (size: number) => ({ raw: [size, window, latent] }),
    build: ({ raw }) => ({ latents: net.latents.apply(raw) }),
  });
  return { context, denoise, raw, decode, encode, standard };
}
export type DyadicGraphs = ReturnType<typeof dyadicGraphs>;
