import { constant } from "../tensor/leaves.js";
import { attention as attend, where } from "../tensor/ops/index.js";
import { showShape } from "../tensor/shape.js";
import type { Tensor } from "../tensor/tensor.js";
import type { WeightInit } from "./initializers.js";
import { checkSizes, linear } from "./linear.js";
import { module } from "./module.js";
import { rmsNorm } from "./norm.js";

export interface AttentionOptions {
  /** Rotary positions on queries and keys (half-rotation form); true: base 10⁴. */
  rotary?: boolean | { base: number };
  /** RMS norm with a learned gain on each head's queries and keys. */
  queryKeyNorm?: boolean;
  /** Position i attends to positions ≤ i only. */
  causal?: boolean;
  /** Biases of the query, key and value projections; default true. */
  qkvBias?: boolean;
  /** Width of the sequence attended to, for cross-attention; default `width`. */
  contextWidth?: number;
  init?: WeightInit;
  /** Of the output projection; default `init`. */
  outInit?: WeightInit;
}

export interface AttentionInputs {
  /** Sequence [B, M, contextWidth] that keys and values come from; default the input itself. */
  context?: Tensor;
  /** Broadcast to [B, heads, N, M]: bool (true: may attend) or float32 (added to the scores). */
  mask?: Tensor;
  /** Rotary positions of the N rows, numbers or [N] (self-attention) ; default 0 … N − 1. */
  positions?: readonly number[] | Tensor;
}

/** Multi-head attention, [B, N, width] to [B, N, width]: softmax(Q·Kᵀ/√d + mask)·V in each head of width d = width/heads. */
export function attention(width: number, heads: number, options: AttentionOptions = {}) {
  checkSizes("attention", { width, heads });
  const { rotary, queryKeyNorm, causal, qkvBias: bias = true, contextWidth = width, init } = options;
  const depth = width / heads;
  if (!Number.isInteger(depth)) throw new Error(`attention: ${heads} heads do not divide the width ${width}.`);
  const query = linear(width, width, { bias, init });
  const key = linear(contextWidth, width, { bias, init });
  const value = linear(contextWidth, width, { bias, init });
  const out = linear(width, width, { init: options.outInit ?? init });
  const queryNorm = queryKeyNorm ? rmsNorm(depth) : null;
  const keyNorm = queryKeyNorm ? rmsNorm(depth) : null;
  const base = typeof rotary === "object" ? rotary.base : 1e4;

  return module({ query, key, value, out, queryNorm, keyNorm }, (x: Tensor, inputs: AttentionInputs = {}): Tensor => {
    const { context = x, positions } = inputs;
    if (x.rank !== 3) throw new Error(`attention: needs [B, N, ${width}], got ${showShape(x.shape)}.`);
    const split = (t: Tensor) => t.reshape([t.shape[0], t.shape[1], heads, depth]).transpose([0, 2, 1, 3]); // [B, heads, N, d]
    const place = (t: Tensor) => (rotary ? t.rotary({ base, positions }) : t);
    const normed = (t: Tensor, norm: typeof queryNorm) => (norm ? norm(t) : t);
    const q = place(normed(split(query(x)), queryNorm));
    const k = place(normed(split(key(context)), keyNorm));
    const mask = causal ? causalMask(x.shape[1], context.shape[1], inputs.mask) : inputs.mask;
    return out(
      attend(q, k, split(value(context)), { mask })
        .transpose([0, 2, 1, 3])
        .reshape(x.shape),
    );
  });
}

/** Hides keys later than the query (of the last N of M positions where M > N), on top of another mask. */
function causalMask(n: number, m: number, mask?: Tensor): Tensor {
  const later = Array.from({ length: n * m }, (_, i) => (i % m > Math.floor(i / m) + m - n ? -1e30 : 0));
  const bias = constant(later, [n, m]);
  if (!mask) return bias;
  return mask.dtype === "bool" ? where(mask, bias, -1e30) : bias.add(mask);
}
