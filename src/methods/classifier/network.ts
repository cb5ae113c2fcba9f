import * as nn from "../../nn/index.js";
import type { Tensor } from "../../tensor/index.js";

export interface ClassifierConfig {
  height: number;
  width: number;
  channels: number;
  classes: number;
  /** Channels of the three convolution blocks. */
  widths: readonly [number, number, number];
  /** Size of the penultimate layer, whose activations are the features of the Fréchet distance. */
  features: number;
}

/**
 * A plain convolutional classifier for measuring samples: three blocks of two 3×3 convolutions (GroupNorm, GELU, the second with
 * stride 2), mean pooling, a feature layer, a linear head. Built and trained apart from the networks that losses look through.
 */
export function evaluationClassifier({ channels, classes, widths, features }: ClassifierConfig) {
  const blocks = widths.map((to, i) => {
    const from = i === 0 ? channels : widths[i - 1];
    const first = nn.conv2d(from, to, 3, { padding: 1 });
    const norm1 = nn.groupNorm(nn.groupCount(to), to);
    const second = nn.conv2d(to, to, 3, { padding: 1, stride: 2 });
    const norm2 = nn.groupNorm(nn.groupCount(to), to);
    return nn.module({ first, norm1, second, norm2 }, (x: Tensor) => norm2(second(norm1(first(x)).gelu())).gelu());
  });
  const embed = nn.linear(widths[2], features);
  const head = nn.linear(features, classes);
  return nn.module({ blocks, embed, head }, (images: Tensor): { features: Tensor; logits: Tensor } => {
    const activations = embed(blocks.reduce((h, block) => block(h), images).mean([2, 3])).gelu();
    return { features: activations, logits: head(activations) };
  });
}
