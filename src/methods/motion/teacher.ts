import * as nn from "../../nn/index.js";
import type { Tensor } from "../../tensor/index.js";
import { TOKEN_FRAMES } from "./shape.js";

/**
 * A network that knows motions from captions, trained before the codec and then frozen: frames [B, T, features] to features
 * [B, T/4, width] of the tokens, by a small bidirectional transformer. It stands in for Part-TMR.
 */
export function teacher(
  features: number,
  { width, heads, blocks: depth }: { width: number; heads: number; blocks: number },
) {
  const input = nn.linear(TOKEN_FRAMES * features, width);
  const blocks = Array.from({ length: depth }, () =>
    nn.transformerBlock(width, heads, { norm: "layer", mlp: "gelu", hidden: 2 * width, rotary: true }),
  );
  const norm = nn.layerNorm(width);
  return nn.module({ input, blocks, norm }, (frames: Tensor): Tensor => {
    const [B, T] = frames.shape;
    const tokens = input(frames.reshape([B, T / TOKEN_FRAMES, TOKEN_FRAMES * features]));
    return norm(blocks.reduce((h, block) => block(h), tokens));
  });
}
export type Teacher = ReturnType<typeof teacher>;
