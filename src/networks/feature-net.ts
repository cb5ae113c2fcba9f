import * as nn from "../nn/index.js";
import { acrossParts, type Tensor } from "../tensor/index.js";

export interface FeatureNetConfig {
  channels: number;
  /** Width of the first stage; the others have two and four times as many channels. */
  width: number;
  /** Residual blocks per stage. */
  blocks: readonly number[];
  /** Stride of the stem: 2 for small images, so that the stages see H/2, H/4 and H/8. */
  stemStride: 1 | 2;
}

/** Two 3×3 convolutions with GroupNorm and ReLU around a skip connection (projected where the shape changes). */
function basicBlock(from: number, to: number, stride: 1 | 2) {
  const groups = nn.groupCount(to);
  const first = nn.conv2d(from, to, 3, { stride, padding: 1, bias: false });
  const norm1 = nn.groupNorm(groups, to);
  const second = nn.conv2d(to, to, 3, { padding: 1, bias: false });
  const norm2 = nn.groupNorm(groups, to);
  const project = from === to && stride === 1 ? null : nn.conv2d(from, to, 1, { stride, bias: false });
  return nn.module({ first, norm1, second, norm2, ...(project ? { project } : {}) }, (x: Tensor) => {
    const inner = norm2(second(norm1(first(x)).relu()));
    return inner.add(project ? project(x) : x).relu();
  });
}

/**
 * A small residual network with GroupNorm, after the encoder of 2602.04770 appendix A.3: images [N, C, H, W] to the
 * outputs of its stages, each normalised once more. It serves as the frozen feature space of image losses and, pooled,
 * as a classifier.
 */
export function featureNet({ channels, width, blocks, stemStride }: FeatureNetConfig) {
  const stem = nn.conv2d(channels, width, 3, { stride: stemStride, padding: 1 });
  const stages = blocks.map((count, i) => {
    const to = width * 2 ** i;
    const from = i === 0 ? width : to / 2;
    const body = Array.from({ length: count }, (_, k) => basicBlock(k === 0 ? from : to, to, k === 0 && i > 0 ? 2 : 1));
    const norm = nn.groupNorm(nn.groupCount(to), to);
    return nn.module({ body, norm }, (x: Tensor) => norm(body.reduce((h, block) => block(h), x)));
  });
  return nn.module({ stem, stages }, (images: Tensor): Tensor[] => {
    let h = stem(images).relu();
    return stages.map((stage) => (h = stage(h)));
  });
}
export type FeatureNet = ReturnType<typeof featureNet>;

/** Errors of images [N, C, H, W], each image's by its weight [N] where weights are given. */
export const weighted = (errors: Tensor, weights?: Tensor): Tensor =>
  weights ? errors.mul(weights.reshape([-1, 1, 1, 1])) : errors;

/**
 * Σ over a feature network's stages of ‖B(y) − B(x)‖² / mean(B(x)²), from the stages' outputs for y and x, each image by
 * its weight [N] where weights are given. No gradient flows through the reference x.
 */
export const featureDistance = (stages: readonly Tensor[], reference: readonly Tensor[], weights?: Tensor): Tensor =>
  stages
    .map((t, i) => {
      const wanted = reference[i].stopGradient();
      return weighted(t.sub(wanted).square(), weights).mean().div(acrossParts(wanted.square().mean()));
    })
    .reduce((a, b) => a.add(b));

/** The last stage averaged over space, [N, width·2^(stages − 1)]. */
export const pooled = (stages: readonly Tensor[]): Tensor => stages[stages.length - 1].mean([2, 3]);

/** A feature network with a linear head on its pooled last stage: images to logits [N, classes]. */
export function classifier(config: FeatureNetConfig, classes: number) {
  const features = featureNet(config);
  const head = nn.linear(config.width * 2 ** (config.blocks.length - 1), classes);
  return nn.module({ features, head }, (images: Tensor) => head(pooled(features(images))));
}

/** Mean cross-entropy of logits [N, K] against labels [N] (int32), with optional label smoothing. */
export function crossEntropy(logits: Tensor, labels: Tensor, smoothing = 0): Tensor {
  const logp = logits.logSoftmax();
  const hit = logp.gatherElements(labels.unsqueeze(1), 1).mean().neg();
  return smoothing === 0 ? hit : hit.mul(1 - smoothing).sub(logp.mean().mul(smoothing));
}
