import { nn, type Shape, type Tensor } from "../src/core.js";

/** A network with a mean squared error, trained on noise: what a training step costs does not depend on the data. */
export interface Model {
  readonly title: string;
  readonly x: Shape;
  readonly y: Shape;
  readonly make: () => nn.Module<[Tensor], Tensor>;
}

/** peers/pytorch.py, peers/tfjs.mjs and peers/jax-js.mjs define the same three, with the same numbers of parameters. */
export const models = {
  mlp: {
    title: "MLP, 4 x 1024 wide, batch 256",
    x: [256, 1024],
    y: [256, 1024],
    make: () => nn.mlp([1024, 1024, 1024, 1024, 1024]),
  },
  transformer: {
    title: "Transformer, 6 x 256 wide, 4 heads, 128 tokens, batch 16",
    x: [16, 128, 256],
    y: [16, 128, 256],
    make: () =>
      nn.sequential(...Array.from({ length: 6 }, () => nn.transformerBlock(256, 4, { norm: "layer", mlp: "gelu" }))),
  },
  conv: {
    title: "Conv net, 64-128 channels, GroupNorm, SiLU, transposed conv, 32x32x3, batch 64",
    x: [64, 3, 32, 32],
    y: [64, 3, 32, 32],
    make: () =>
      nn.sequential(
        nn.conv2d(3, 64, 3, { padding: 1 }),
        nn.groupNorm(8, 64),
        nn.silu,
        nn.conv2d(64, 128, 4, { stride: 2, padding: 1 }),
        nn.groupNorm(8, 128),
        nn.silu,
        nn.conv2d(128, 128, 3, { padding: 1 }),
        nn.groupNorm(8, 128),
        nn.silu,
        nn.convTranspose2d(128, 64, 4, { stride: 2, padding: 1 }),
        nn.groupNorm(8, 64),
        nn.silu,
        nn.conv2d(64, 3, 3, { padding: 1 }),
      ),
  },
} satisfies Record<string, Model>;
export type ModelName = keyof typeof models;
