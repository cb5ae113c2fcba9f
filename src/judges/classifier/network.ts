import type { Architecture } from "../../models/architecture.js";
import * as nn from "../../nn/index.js";
import type { Tensor } from "../../tensor/index.js";
import { type ClassifierShape, classifierShape } from "./shape.js";

/**
 * A plain convolutional classifier for measuring samples: three convolutions (4×4 and 3×3 with stride 2, then 3×3) with
 * GroupNorm and GELU, a feature layer over the whole map, a linear head. Built and trained apart from the networks that
 * losses look through.
 */
export function evaluationClassifier({
  height,
  width,
  channels,
  classes,
  widths: [c1, c2, c3],
  features,
}: ClassifierShape) {
  const layer = (from: number, to: number, kernel: 3 | 4, stride: 1 | 2) => {
    const conv = nn.conv2d(from, to, kernel, { padding: 1, stride });
    const norm = nn.groupNorm(nn.groupCount(to), to);
    return nn.module({ conv, norm }, (x: Tensor) => norm(conv(x)).gelu());
  };
  const layers = [layer(channels, c1, 4, 2), layer(c1, c2, 3, 2), layer(c2, c3, 3, 1)];
  const embed = nn.linear(c3 * Math.ceil(Math.floor(height / 2) / 2) * Math.ceil(Math.floor(width / 2) / 2), features);
  const head = nn.linear(features, classes);
  return nn.module({ layers, embed, head }, (images: Tensor): { features: Tensor; logits: Tensor } => {
    const activations = embed(layers.reduce((h, layer) => layer(h), images).flatten(1)).gelu();
    return { features: activations, logits: head(activations) };
  });
}

export const classifierArchitecture: Architecture<ClassifierShape, ReturnType<typeof evaluationClassifier>> = {
  shape: classifierShape,
  says: ({ height, width, channels, classes }) => ({ image: { height, width, channels }, classes }),
  network: evaluationClassifier,
};
