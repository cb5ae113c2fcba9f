import * as nn from "../../nn/index.js";
import { Tensor } from "../../tensor/index.js";
import type { DiscreteConfig } from "./config.js";
import { maskedProcess, type Process, uniformProcess } from "./process.js";

export const processOf = ({ process, vocabulary }: Pick<DiscreteConfig, "process" | "vocabulary">): Process =>
  process === "uniform" ? uniformProcess(vocabulary) : maskedProcess(vocabulary);

/**
 * What the first layer takes: tokens int32 [B, L]; `scaled` latents w/τ float32 [B, L, K] (softmax·E, chapter I); or `indices` and
 * `weights` [B, L, k] (chapter II).
 */
export type NetworkInput = Tensor | { scaled: Tensor } | { indices: Tensor; weights: Tensor };

/** Token embedding [states, width] for all three kinds of input. */
function tokenEmbedding(states: number, width: number) {
  const weight = nn.parameter([states, width], nn.init.uniform(1 / Math.sqrt(width)));
  return nn.module({ weight }, (input: NetworkInput): Tensor => {
    if (input instanceof Tensor) return weight.gather(input);
    if ("scaled" in input) {
      const soft = input.scaled.softmax(-1);
      return soft.matmul(soft.shape[2] === states ? weight : weight.slice(0, 0, soft.shape[2]));
    }
    return weight.gather(input.indices).mul(input.weights.unsqueeze(-1)).sum(2);
  });
}

/** Output layer tied to the embedding; `gain` starts at zero, so that the first prediction is uniform. */
function tiedHead(width: number, conditionWidth: number, tokens: number, embedding: ReturnType<typeof tokenEmbedding>) {
  const norm = nn.rmsNorm(width);
  const modulation = nn.linear(conditionWidth, 2 * width, { init: "zeros" });
  const gain = nn.parameter([1], nn.init.zeros);
  return nn.module({ norm, modulation, gain }, (x: Tensor, condition: Tensor): Tensor => {
    const [shift, scale] = modulation(condition.silu()).split(2);
    const h = nn.modulate(norm(x), shift, scale).mul(gain);
    return h.matmul(embedding.weight.slice(0, 0, tokens).transpose());
  });
}

/**
 * The papers' DiT: embedding, blocks with rotary attention and adaLN-zero, and an output layer at zero. Input (see `NetworkInput`),
 * sigma [B] and, with classes, labels [B] int32 (`classes` = none) to logits [B, L, K] of the clean tokens. Norms are RMS with a gain
 * where the papers' are LayerNorm without a bias: as many parameters.
 */
export function discreteNetwork({ process, vocabulary, network }: DiscreteConfig) {
  const { width, heads, blocks: depth, condition, tied, timeConditioned, classes } = network;
  const { states, tokens } = processOf({ process, vocabulary });
  const embedding = tokenEmbedding(states, width);
  const time = nn.mlp([256, condition, condition]);
  const label = classes > 0 ? nn.embedding(classes + 1, condition, { init: nn.init.normal(0.02) }) : null;
  const blocks = Array.from({ length: depth }, () =>
    nn.ditBlock(width, heads, {
      conditionWidth: condition,
      mlp: "gelu",
      queryKeyNorm: false,
      qkvBias: false,
      outBias: false,
    }),
  );
  const head = tied
    ? tiedHead(width, condition, tokens, embedding)
    : nn.ditHead(width, tokens, { conditionWidth: condition });
  return nn.module({ embedding, time, label, blocks, head }, (input: NetworkInput, sigma: Tensor, labels?: Tensor) => {
    if (label && !labels) throw new Error("This network has classes; give labels [B] (the number of classes: none).");
    const level = time(nn.sinusoidal(timeConditioned ? sigma : sigma.mul(0), 256));
    const c = label ? level.add(label(labels!)) : level;
    return head(
      blocks.reduce((h, block) => block(h, c), embedding(input)),
      c,
    );
  });
}
export type DiscreteNetwork = ReturnType<typeof discreteNetwork>;
