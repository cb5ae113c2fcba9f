import * as nn from "../../nn/index.js";
import type { Tensor } from "../../tensor/index.js";
import { ditGenerator } from "./dit.js";
import type { GeneratorInputs } from "./network.js";
import type { TransformerShape } from "./shape.js";

/**
 * The paper's transformer on pixels as a generator of images [B, C, H, W], unbounded, one of each group: noise is
 * [B, 1, C·H·W], in the order of an image's pixels.
 */
export function transformerGenerator({ kind: _, ...config }: TransformerShape) {
  const { size, channels, patch } = config;
  const grid = size / patch;
  const dit = ditGenerator(config);
  return nn.module({ dit }, ({ noise, label, guidance, style }: GeneratorInputs): Tensor => {
    const [batch, group] = noise.shape;
    if (!label || !guidance || !style || group !== 1)
      throw new Error("This generator takes labels, guidance and style tokens, and draws one sample of each group.");
    const patches = noise.reshape([batch, channels, grid, patch, grid, patch]).transpose([0, 2, 4, 3, 5, 1]);
    const drawn = dit(
      patches.reshape([batch, grid * grid, patch * patch * channels]),
      label,
      style.squeeze(1),
      guidance,
    );
    const pixels = drawn.reshape([batch, grid, grid, patch, patch, channels]).transpose([0, 5, 1, 3, 2, 4]);
    return pixels.reshape([batch, channels, size, size]);
  });
}
