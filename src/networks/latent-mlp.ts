import * as nn from "../nn/index.js";
import type { Tensor } from "../tensor/index.js";

export interface LatentMlpConfig {
  latent: number;
  hidden: number;
  blocks: number;
  /** Width of the condition vector. */
  condition: number;
}

/** h + (1 + g)·W₂ SiLU(W₁(LayerNorm(h)·(1 + a) + b)), with a, b, g from the condition. */
export function residualBlock(hidden: number, condition: number) {
  const modulation = nn.linear(condition, 3 * hidden);
  const first = nn.linear(hidden, hidden);
  const second = nn.linear(hidden, hidden);
  return nn.module({ modulation, first, second }, (h: Tensor, c: Tensor) => {
    const [a, b, g] = modulation(c).split(3);
    return h.add(second(first(h.layerNorm().mul(a.add(1)).add(b)).silu()).mul(g.add(1)));
  });
}

/**
 * Conditioned residual MLP on latent vectors: z [B, G, latent] with one condition [B, C] for each group of G to [B, G,
 * latent].
 * `extra` [B, G, hidden] is added after the first layer.
 */
export function latentMlp({ latent, hidden, blocks: count, condition }: LatentMlpConfig) {
  const first = nn.linear(latent, hidden);
  const blocks = Array.from({ length: count }, () => residualBlock(hidden, condition));
  const last = nn.linear(hidden, latent);
  return nn.module({ first, blocks, last }, (z: Tensor, c: Tensor, extra?: Tensor) => {
    const start = extra ? first(z).add(extra) : first(z);
    const shared = c.unsqueeze(1).silu();
    return last(blocks.reduce((h, block) => block(h, shared), start).silu());
  });
}
