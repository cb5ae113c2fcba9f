import * as nn from "../../nn/index.js";
import { concat, type Tensor } from "../../tensor/index.js";

/**
 * The paper's generator (2602.04770 appendix A.2): a transformer from patches of noise to patches of a sample, without
 * a time input.
 */
export interface DitGeneratorConfig {
  depth: number;
  width: number;
  heads: number;
  /** Sides and channels of noise and sample, and the side of a patch. */
  size: number;
  channels: number;
  patch: number;
  classes: number;
  /** Tokens made from the condition and put before the patches. */
  contextTokens: number;
  styles: { count: number; size: number };
}

const latent = { size: 32, channels: 4, patch: 2, classes: 1001, contextTokens: 16, styles: { count: 32, size: 64 } };

/** The published sizes on a 32×32×4 latent: B/2 with 133 M parameters, L/2 with 463 M. */
export const ditPresets = {
  "B/2": { ...latent, depth: 12, width: 768, heads: 12 },
  "L/2": { ...latent, depth: 24, width: 1024, heads: 16 },
} satisfies Record<string, DitGeneratorConfig>;

/**
 * noise [B, T, patch²·channels], labels [B] int32, styles [B, count] int32 (token k of value v is row k·size + v) and
 * guidance α [B] to samples of the noise's shape. The head starts at zero, so at step 0 every sample is exactly 0.
 */
export function ditGenerator({
  depth,
  width,
  heads,
  size,
  channels,
  patch: side,
  classes,
  contextTokens,
  styles,
}: DitGeneratorConfig) {
  if (size % side !== 0) throw new Error(`ditGenerator: patches of ${side} do not divide a side of ${size}.`);
  const grid = size / side;
  const values = side * side * channels;
  const patch = nn.linear(values, width, { init: "xavier" });
  const positions = nn.parameter([grid * grid, width], (out) => out.set(nn.sinCos2d(grid, grid, width)));
  const context = nn.linear(width, width, { init: "xavier" });
  const contextTable = nn.parameter([contextTokens, width], nn.init.normal(0.02));
  const label = nn.embedding(classes, width, { init: 0.02 });
  const style = nn.embedding(styles.count * styles.size, width, { init: 0.02 });
  const guidance = nn.sequential(
    nn.linear(256, width, { init: 0.02 }),
    nn.silu,
    nn.linear(width, width, { init: 0.02 }),
    nn.rmsNorm(width),
  );
  const blocks = Array.from({ length: depth }, () => nn.ditBlock(width, heads, { init: "xavier" }));
  const head = nn.ditHead(width, values);
  return nn.module(
    { patch, positions, context, contextTable, label, style, guidance, blocks, head },
    (noise: Tensor, labels: Tensor, styleTokens: Tensor, alpha: Tensor): Tensor => {
      const condition = label(labels)
        .add(style(styleTokens).sum(1))
        .add(guidance(nn.sinusoidal(alpha, 256)).mul(0.02));
      const inContext = context(condition).unsqueeze(1).add(contextTable);
      const start = concat([inContext, patch(noise).add(positions)], 1);
      const hidden = blocks.reduce((x, block) => block(x, condition), start);
      return head(hidden.slice(1, contextTokens), condition);
    },
  );
}
