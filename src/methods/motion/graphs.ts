import { graph } from "../../models/programs.js";
import type * as nn from "../../nn/index.js";
import type { InputSpec } from "../../runtime/index.js";
import { concat, type Tensor } from "../../tensor/index.js";
import type { MotionNetwork } from "./network.js";
import { type MotionShape, TOKEN_FRAMES } from "./shape.js";

const bool = (shape: number[]): InputSpec => ({ shape, dtype: "bool" });
const int = (shape: number[]): InputSpec => ({ shape, dtype: "int32" });

/** Keys or values of all layers, [B, layers, heads, n, d], as one tensor. */
const pack = (memories: readonly nn.Memory[], which: keyof nn.Memory): Tensor =>
  concat(
    memories.map((memory) => memory[which].unsqueeze(1)),
    1,
  );

/** And back. */
const unpack = (keys: Tensor, values: Tensor): nn.Memory[] => {
  const parts = (all: Tensor) => all.split(all.shape[1], 1).map((part) => part.squeeze(1));
  const [k, v] = [parts(keys), parts(values)];
  return k.map((keys, i) => ({ keys, values: v[i] }));
};

/** Axes of a memory of n places. */
export const memoryAxes = ({ network: { blocks, heads, width } }: MotionShape, n: number): number[] => [
  blocks,
  heads,
  n,
  width / heads,
];

/** The graphs that sampling is made of. */
export function motionGraphs(net: MotionNetwork, shape: MotionShape) {
  const { latent } = shape.codec;
  const { block } = shape.network;
  const { length } = shape.text;

  /** Captions, C for each row, to what the layers know of their words; `keep` 0 hides them. */
  const memory = (captions: number) =>
    graph({
      inputs: (size: number) => ({
        words:
          "encoder" in shape.text ? [size, captions * length, shape.text.width] : int([size, captions * length, 2]),
        signs: [size, captions * length, 2],
        keep: [size],
      }),
      build: ({ words, signs, keep }) => {
        const rows = (t: Tensor) => t.reshape([-1, length, t.shape[2]]);
        const [B] = keep.shape;
        const states = net.text(rows(words), rows(signs)).reshape([B, captions * length, shape.text.width]);
        const memories = net.denoise.remember(states.mul(keep.reshape([B, 1, 1])));
        return { keys: pack(memories, "keys"), values: pack(memories, "values") };
      },
    });

  /** Velocities of whole motions of so many blocks; masks are the same for all rows, but for the words'. */
  const velocity = (blocks: number, captions: number) => {
    const tokens = blocks * block;
    const words = memoryAxes(shape, captions * length);
    return graph({
      inputs: (size: number) => ({
        state: [size, tokens, latent],
        times: [size, blocks],
        keys: [size, ...words],
        values: [size, ...words],
        read: bool([size, 1, tokens, captions * length]),
        seen: bool([tokens, tokens]),
      }),
      build: ({ state, times, keys, values, read, seen }) => ({
        velocity: net.denoise(state, times, { text: unpack(keys, values), textMask: read, mask: seen }).velocity,
      }),
    });
  };

  /** Velocities of some blocks behind a cache of `known` tokens, and their own keys and values. */
  const step = (blocks: number, known: number) => {
    const tokens = blocks * block;
    const words = memoryAxes(shape, length);
    return graph({
      inputs: (size: number) => ({
        state: [size, tokens, latent],
        times: [size, blocks],
        positions: [tokens],
        keys: [size, ...words],
        values: [size, ...words],
        read: bool([size, 1, tokens, length]),
        pastKeys: [size, ...memoryAxes(shape, known)],
        pastValues: [size, ...memoryAxes(shape, known)],
        seen: bool([tokens, known + tokens]),
      }),
      build: ({ state, times, positions, keys, values, read, pastKeys, pastValues, seen }) => {
        const { velocity, memories } = net.denoise(state, times, {
          text: unpack(keys, values),
          textMask: read,
          mask: seen,
          positions,
          cache: unpack(pastKeys, pastValues),
        });
        return { velocity, keys: pack(memories, "keys"), values: pack(memories, "values") };
      },
    });
  };

  /** Standardised tokens to frames of features, for so many tokens. */
  const decode = (tokens: number) =>
    graph({
      inputs: (size: number) => ({ tokens: [size, tokens, latent] }),
      build: ({ tokens }) => ({ rows: net.frames.undo(net.decode(net.tokens.undo(tokens))) }),
    });

  /** Frames of features to standardised tokens (their means), for so many tokens. */
  const encode = (tokens: number) =>
    graph({
      inputs: (size: number) => ({ rows: [size, tokens * TOKEN_FRAMES, shape.features] }),
      build: ({ rows }) => ({ tokens: net.tokens.apply(net.encode(net.frames.apply(rows)).mean) }),
    });

  return { memory, velocity, step, decode, encode };
}
export type MotionGraphs = ReturnType<typeof motionGraphs>;
