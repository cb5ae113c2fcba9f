import type { Architecture } from "../../models/architecture.js";
import { unet } from "../../networks/unet.js";
import * as nn from "../../nn/index.js";
import { concat, constant, Tensor } from "../../tensor/index.js";
import { maskedProcess, type Process, uniformProcess } from "./process.js";
import { type DiscreteShape, discreteShape } from "./shape.js";

export const processOf = ({ process, vocabulary }: Pick<DiscreteShape, "process" | "vocabulary">): Process =>
  process === "uniform" ? uniformProcess(vocabulary) : maskedProcess(vocabulary);

/**
 * What the first layer takes: tokens int32 [B, L]; `scaled` latents w/τ float32 [B, L, K] (softmax·E, chapter I); or
 * `indices` and
 * `weights` [B, L, k] (chapter II). Pixel networks take tokens only.
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
function tiedHead(
  { width, condition, norm: kind }: Transformer,
  tokens: number,
  embedding: ReturnType<typeof tokenEmbedding>,
) {
  const norm = nn.blockNorm(width, { norm: kind });
  const modulation = nn.linear(condition, 2 * width, { init: "zeros" });
  const gain = nn.parameter([1], nn.init.zeros);
  return nn.module({ norm, modulation, gain }, (x: Tensor, condition: Tensor): Tensor => {
    const [shift, scale] = modulation(condition.silu()).split(2);
    const h = nn.modulate(norm(x), shift, scale).mul(gain);
    return h.matmul(embedding.weight.slice(0, 0, tokens).transpose());
  });
}

/** Shapes of the inputs of a network's program; labels where there are classes. */
export const inputShapes = ({ length, classes }: Pick<DiscreteShape, "length" | "classes">, batch: number) => ({
  tokens: { shape: [batch, length], dtype: "int32" as const },
  sigma: [batch],
  labels: classes > 0 && { shape: [batch], dtype: "int32" as const },
});

export type Denoise = (input: NetworkInput, sigma: Tensor, labels?: Tensor) => Tensor;

/**
 * Condition of the noise level sigma [B] (which masked models do not see) and the labels [B] int32 (`classes` = none).
 */
function conditioning(process: DiscreteShape["process"], condition: number, classes: number) {
  const time = nn.mlp([256, condition, condition]);
  const label = classes > 0 ? nn.embedding(classes + 1, condition, { init: nn.init.normal(0.02) }) : null;
  return nn.module({ time, label }, (sigma: Tensor, labels?: Tensor) => {
    if (label && !labels) throw new Error("This network has classes; give labels [B] (the number of classes: none).");
    const level = time(nn.sinusoidal(process === "uniform" ? sigma : sigma.mul(0), 256));
    return label ? level.add(label(labels!)) : level;
  });
}

type Transformer = Extract<DiscreteShape["network"], { kind: "transformer" }>;

/** @see discreteNetwork */
export function transformer({ process, vocabulary, classes }: DiscreteShape, network: Transformer) {
  const { width, heads, blocks: depth, condition, tied, norm, mlp = "gelu" } = network;
  const { states, tokens } = processOf({ process, vocabulary });
  const embedding = tokenEmbedding(states, width);
  const level = conditioning(process, condition, classes);
  const blocks = Array.from({ length: depth }, () =>
    nn.ditBlock(width, heads, {
      conditionWidth: condition,
      norm,
      mlp,
      queryKeyNorm: false,
      qkvBias: false,
      outBias: false,
    }),
  );
  const head = tied
    ? tiedHead(network, tokens, embedding)
    : nn.ditHead(width, tokens, { conditionWidth: condition, norm });
  const parts = { embedding, level, blocks, head };
  return nn.module(parts, ((input, sigma, labels) => {
    const { hidden, condition } = throughBlocks(parts, input, sigma, labels);
    return head(hidden, condition);
  }) as Denoise);
}

/** What the output layer of a transformer is given: hidden [B, L, width] and its condition [B, condition]. */
export function throughBlocks(
  { embedding, level, blocks }: Pick<ReturnType<typeof transformer>, "embedding" | "level" | "blocks">,
  ...[input, sigma, labels]: Parameters<Denoise>
): { hidden: Tensor; condition: Tensor } {
  const condition = level(sigma, labels);
  return { hidden: blocks.reduce((h, block) => block(h, condition), embedding(input)), condition };
}

/** Levels up to which a pixel's distribution is free; above, it is a discretised logistic. */
const FREE_LEVELS = 32;

/**
 * Logits of K levels from a logistic distribution truncated to [−1, 1], in bins of width 2/K (2107.03006): mean, added
 * to the level that went in, and log scale, [B, L] each.
 */
function logisticLogits(input: Tensor, mean: Tensor, logScale: Tensor, levels: number): Tensor {
  const centre = input.add(mean).tanh().unsqueeze(-1);
  const rate = logScale.sub(2).neg().exp().unsqueeze(-1);
  const edges = Float32Array.from({ length: levels + 1 }, (_, j) => (2 * j) / levels - 1);
  const below = constant(edges.subarray(0, levels).slice(), [levels]).sub(centre).mul(rate);
  const above = constant(edges.subarray(1).slice(), [levels]).sub(centre).mul(rate);
  // log(σ(b) − σ(a)) = log σ(b) + log σ(−a) + log(1 − e^(a − b))
  const width = above.sub(below);
  return above.neg().softplus().neg().sub(below.softplus()).add(width.neg().exp().neg().add(1).maximum(1e-7).log());
}

function pixelUnet(
  { process, vocabulary, length, image, classes }: DiscreteShape,
  { hidden, blocks, condition }: Extract<DiscreteShape["network"], { kind: "unet" }>,
) {
  if (!image) throw new Error("A pixel network needs the image's size.");
  const { height, width, channels } = image;
  if (length !== channels * height * width)
    throw new Error(
      `An image of ${width}×${height}×${channels} has ${channels * height * width} tokens, not ${length}.`,
    );
  const free = vocabulary <= FREE_LEVELS;
  const masked = process === "masked";
  const inputs = masked ? 2 * channels : channels;
  const outputs = channels * (free ? vocabulary : 2);
  const net = unet(
    { height, width, inputs, outputs, condition, blocks, hidden },
    conditioning(process, condition, classes),
  );
  return nn.module({ net }, ((input, sigma, labels) => {
    if (!(input instanceof Tensor)) throw new Error("Pixel networks have no curriculum; give tokens.");
    const [B] = input.shape;
    const pixels = [B, channels, height, width];
    const hidden = masked ? input.equal(vocabulary).cast("float32") : null;
    const level = input
      .cast("float32")
      .mul(2 / (vocabulary - 1))
      .sub(1);
    const seen = hidden ? level.mul(hidden.neg().add(1)) : level;
    const stack = hidden ? concat([seen.reshape(pixels), hidden.reshape(pixels)], 1) : seen.reshape(pixels);
    const out = net(stack, sigma, labels);
    if (free)
      return out
        .reshape([B, channels, vocabulary, height * width])
        .transpose([0, 1, 3, 2])
        .reshape([B, length, vocabulary]);
    const [mean, scale] = out.split(2, 1).map((t) => t.reshape([B, length]));
    return logisticLogits(seen, mean, scale, vocabulary);
  }) as Denoise);
}

/**
 * The denoising network: input (see `NetworkInput`), sigma [B] and, with classes, labels [B] int32 (`classes` = none)
 * to logits [B, L, K] of the clean tokens. A transformer is the papers' DiT: embedding, blocks with rotary attention
 * and adaLN-zero, an output layer at zero; by default its norms are RMS with a gain where the papers' are LayerNorm
 * without a bias (`norm` "layerGain"): as many parameters.
 */
export const discreteNetwork = (shape: DiscreteShape) =>
  shape.network.kind === "unet" ? pixelUnet(shape, shape.network) : transformer(shape, shape.network);
export type DiscreteNetwork = ReturnType<typeof discreteNetwork>;

export const discreteArchitecture: Architecture<DiscreteShape, DiscreteNetwork> = {
  shape: discreteShape,
  says: ({ image, classes, vocabulary }) => ({ image, classes, vocabulary }),
  network: discreteNetwork,
};
