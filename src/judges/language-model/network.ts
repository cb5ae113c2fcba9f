import type { Architecture } from "../../models/architecture.js";
import * as nn from "../../nn/index.js";
import type { Tensor } from "../../tensor/index.js";
import { type LanguageModelShape, languageModelShape } from "./shape.js";

/**
 * An autoregressive transformer: tokens int32 [B, L] to logits [B, L, K], row l of which predicts token l from those
 * before it. Causal attention with rotary positions; what stands before the first token is a token of its own, with
 * index K.
 */
export function languageModel({ vocabulary, width, heads, blocks: depth }: LanguageModelShape) {
  const embedding = nn.embedding(vocabulary + 1, width, { init: nn.init.normal(0.02) });
  const blocks = Array.from({ length: depth }, () =>
    nn.transformerBlock(width, heads, { causal: true, rotary: true, mlp: "gelu" }),
  );
  const norm = nn.rmsNorm(width);
  const head = nn.linear(width, vocabulary, { bias: false, init: "zeros" });
  return nn.module(
    { embedding, blocks, norm, head },
    (before: Tensor): Tensor => head(norm(blocks.reduce((h, block) => block(h), embedding(before)))),
  );
}

/** What the network sees: each sequence of `length` tokens moved on by one, beginning with the token `vocabulary`. */
export function shifted(tokens: Int32Array, length: number, vocabulary: number): Int32Array {
  return tokens.map((_, i) => (i % length === 0 ? vocabulary : tokens[i - 1]));
}

/** −log p of each token [B, L] in nats. */
export const tokenNats = (logits: Tensor, tokens: Tensor): Tensor =>
  logits.logSoftmax(-1).gatherElements(tokens.unsqueeze(-1), -1).squeeze(-1).neg();

export const languageModelArchitecture: Architecture<LanguageModelShape, ReturnType<typeof languageModel>> = {
  shape: languageModelShape,
  says: ({ vocabulary }) => ({ classes: 0, vocabulary }),
  network: languageModel,
};
