import * as nn from "../../nn/index.js";
import type { Tensor } from "../../tensor/index.js";
import type { StatesShape, TextShape } from "./shape.js";

/**
 * The text encoder: rows int32 [B, S, 2] of its table with their signs [B, S, 2] (see `Vocabulary`) to states
 * [B, S, width] of the words, by a small bidirectional transformer with learned positions. It is trained with what reads it.
 */
export function textEncoder({ words, buckets, length, width, heads, blocks: depth }: TextShape) {
  const table = nn.embedding(1 + words.length + buckets, width, { init: nn.init.normal(1) });
  const positions = nn.parameter([length, width], nn.init.normal(0.1));
  const blocks = Array.from({ length: depth }, () =>
    nn.transformerBlock(width, heads, { norm: "layer", mlp: "gelu", hidden: 2 * width, init: "xavier" }),
  );
  const norm = nn.layerNorm(width);
  return nn.module({ table, positions, blocks, norm }, (rows: Tensor, signs: Tensor): Tensor => {
    const read = table(rows).mul(signs.unsqueeze(-1)).sum(2).add(positions);
    const mask = isWord(signs).reshape([rows.shape[0], 1, 1, length]);
    return norm(blocks.reduce((h, block) => block(h, { mask }), read));
  });
}

/** What reads captions: an encoder of words, or nothing, where states [B, S, width] are given instead of rows. */
export const captionReader = (shape: TextShape | StatesShape) =>
  "encoder" in shape ? nn.module({}, (states: Tensor, _signs: Tensor): Tensor => states) : textEncoder(shape);
export type TextEncoder = ReturnType<typeof captionReader>;

/** Which of the places have a word: bool [B, S] of signs [B, S, 2]. */
export const isWord = (signs: Tensor): Tensor => signs.slice(2, 0, 1).abs().greater(0.5).squeeze(2);
