import * as nn from "../../nn/index.js";
import { type Tensor, where } from "../../tensor/index.js";

/** What one sequence hears of another. */
export interface HearingInputs {
  context: Tensor | nn.Memory;
  /** bool [B, M]: which of the context there is; default all. */
  mask?: Tensor;
  /** float32 [N, M] added to the scores: what is hidden from whom. */
  bias?: Tensor;
}

/** Attention to another sequence, of which some may be hidden; where all is, the answer is 0. */
export function hearing(width: number, heads: number) {
  const attention = nn.attention(width, heads, { init: "xavier", queryKeyNorm: true });
  const forward = (x: Tensor, { context, mask, bias }: HearingInputs): Tensor => {
    if (!mask) return attention(x, { context, mask: bias });
    const [B, M] = mask.shape;
    const seen = mask.reshape([B, 1, 1, M]);
    const heard = attention(x, {
      context,
      mask: bias ? where(seen, bias.reshape([1, 1, ...bias.shape]), -1e30) : seen,
    });
    const any = mask.cast("float32").sum(-1).minimum(1).reshape([B, 1, 1]);
    return heard.mul(any);
  };
  return Object.assign(nn.module({ attention }, forward), { memory: attention.memory });
}
