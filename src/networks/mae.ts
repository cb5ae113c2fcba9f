import * as nn from "../nn/index.js";
import type { Random } from "../random/index.js";
import { concat, type Tensor } from "../tensor/index.js";
import type { FeatureNet, FeatureNetConfig } from "./feature-net.js";

/** Draws masks [count, 1, height, width]: 2×2 patches hidden (1) independently with the given probability. */
export function drawMasks(random: Random, count: number, height: number, width: number, ratio = 0.5): Float32Array {
  const masks = new Float32Array(count * height * width);
  for (let n = 0; n < count; n++)
    for (let y = 0; y < height; y += 2)
      for (let x = 0; x < width; x += 2) {
        if (random.uniform() >= ratio) continue;
        for (let dy = 0; dy < 2 && y + dy < height; dy++)
          for (let dx = 0; dx < 2 && x + dx < width; dx++) masks[(n * height + y + dy) * width + x + dx] = 1;
      }
  return masks;
}

/**
 * Mean over samples of the squared error over masked cells: Σ mask·(prediction − image)² / (C·Σ mask); 0 where nothing
 * is masked.
 */
export function maskedLoss(prediction: Tensor, images: Tensor, masks: Tensor): Tensor {
  const error = prediction.sub(images).square().mean(1, true);
  return error
    .mul(masks)
    .sum([1, 2, 3])
    .div(masks.sum([1, 2, 3]).maximum(1e-6))
    .mean();
}

function convNormRelu(from: number, to: number) {
  const conv = nn.conv2d(from, to, 3, { padding: 1, bias: false });
  const norm = nn.groupNorm(nn.groupCount(to), to);
  return nn.module({ conv, norm }, (x: Tensor) => norm(conv(x)).relu());
}

/**
 * Masked auto-encoder around a feature network: a U-shaped decoder from its stages back to the image (appendix A.3,
 * smaller).
 */
export function maskedAutoencoder(config: FeatureNetConfig, features: FeatureNet) {
  const widths = config.blocks.map((_, i) => config.width * 2 ** i);
  const bottom = convNormRelu(widths.at(-1)!, widths.at(-1)!);
  const up = widths
    .slice(0, -1)
    .reverse()
    .map((skip) => convNormRelu(skip * 3, skip));
  const head = nn.conv2d(config.width, config.channels, 3, { padding: 1 });
  return nn.module({ features, bottom, up, head }, (images: Tensor, masks: Tensor) => {
    const stages = features(images.mul(masks.neg().add(1)));
    let h = bottom(stages.at(-1)!);
    up.forEach((block, i) => {
      const skip = stages[stages.length - 2 - i];
      h = block(concat([h.resize([skip.shape[2], skip.shape[3]], { mode: "bilinear" }), skip], 1));
    });
    return head(h.resize([images.shape[2], images.shape[3]], { mode: "bilinear" }));
  });
}
