import { constant } from "../tensor/leaves.js";
import { attention as attend, type Rotation, where } from "../tensor/ops/index.js";
import { showShape } from "../tensor/shape.js";
import { Tensor } from "../tensor/tensor.js";
import type { WeightInit } from "./initializers.js";
import { checkSizes, linear } from "./linear.js";
import { module } from "./module.js";
import { rmsNorm } from "./norm.js";

export interface AttentionOptions {
  /**
   * Rotary positions on queries and keys (half-rotation form); true: base 10⁴; a rotation: its own fixed positions,
   * such as a grid's.
   */
  rotary?: boolean | { base: number } | Rotation;
  /**
   * RMS norm with a learned gain on queries and keys: of each head (true), or of the full width before the heads are
   * split.
   */
  queryKeyNorm?: boolean | "width";
  /** Queries attend to keys up to their own position only; of M keys and N queries, the queries are the last N. */
  causal?: boolean;
  /** Biases of the query, key and value projections; default true. */
  qkvBias?: boolean;
  /** Bias of the output projection; default true. */
  outBias?: boolean;
  /** Width of the sequence attended to, for cross-attention; default `width`. */
  contextWidth?: number;
  init?: WeightInit;
  /** Of the output projection; default `init`. */
  outInit?: WeightInit;
}

type Positions = readonly number[] | Tensor;

/** Keys and values [B, heads, M, d], projected, normed and rotated. */
export interface Memory {
  keys: Tensor;
  values: Tensor;
}

export interface AttentionInputs {
  /** What is attended to: a sequence [B, M, contextWidth], or what `memory` made of one; default the input itself. */
  context?: Tensor | Memory;
  /** Broadcast to [B, heads, N, M]: bool (true: may attend) or float32 (added to the scores). */
  mask?: Tensor;
  /** Rotary positions of the N rows, numbers or [N]; default 0 … N − 1. */
  positions?: Positions;
  /** Of the context's M rows; default `positions` for the input itself, else 0 … M − 1. */
  contextPositions?: Positions;
}

/**
 * Multi-head attention, [B, N, width] to [B, N, width]: softmax(Q·Kᵀ/√d + mask)·V in each head of width d =
 * width/heads.
 * `memory(context)` computes keys and values once, to be used many times or joined with later ones (a cache).
 */
export function attention(width: number, heads: number, options: AttentionOptions = {}) {
  checkSizes("attention", { width, heads });
  const { rotary, queryKeyNorm, causal, qkvBias: bias = true, outBias = true, contextWidth = width, init } = options;
  const depth = width / heads;
  if (!Number.isInteger(depth)) throw new Error(`attention: ${heads} heads do not divide the width ${width}.`);
  const query = linear(width, width, { bias, init });
  const key = linear(contextWidth, width, { bias, init });
  const value = linear(contextWidth, width, { bias, init });
  const out = linear(width, width, { bias: outBias, init: options.outInit ?? init });
  const makeNorm = () => (queryKeyNorm ? rmsNorm(queryKeyNorm === "width" ? width : depth) : null);
  const queryNorm = makeNorm();
  const keyNorm = makeNorm();

  const split = (t: Tensor) => t.reshape([t.shape[0], t.shape[1], heads, depth]).transpose([0, 2, 1, 3]); // [B, h, N, d]
  const prepare = (t: Tensor, norm: typeof queryNorm, positions?: Positions) => {
    const perHead = norm && queryKeyNorm === "width" ? split(norm(t)) : norm ? norm(split(t)) : split(t);
    if (!rotary) return perHead;
    if (rotary === true) return perHead.rotary({ positions });
    return perHead.rotary("cos" in rotary ? rotary : { ...rotary, positions });
  };
  const memory = (context: Tensor, positions?: Positions): Memory => ({
    keys: prepare(key(context), keyNorm, positions),
    values: split(value(context)),
  });
  const forward = (x: Tensor, inputs: AttentionInputs = {}): Tensor => {
    if (x.rank !== 3) throw new Error(`attention: needs [B, N, ${width}], got ${showShape(x.shape)}.`);
    const { context = x, positions, contextPositions = context === x ? positions : undefined } = inputs;
    const queries = prepare(query(x), queryNorm, positions);
    const { keys, values } = context instanceof Tensor ? memory(context, contextPositions) : context;
    const mask = causal ? causalMask(x.shape[1], keys.shape[2], inputs.mask) : inputs.mask;
    return out(attend(queries, keys, values, { mask }).transpose([0, 2, 1, 3]).reshape(x.shape));
  };
  return Object.assign(module({ query, key, value, out, queryNorm, keyNorm }, forward), { memory });
}

/** Hides keys later than the query, on top of another mask. */
function causalMask(n: number, m: number, mask?: Tensor): Tensor {
  const later = Array.from({ length: n * m }, (_, i) => (i % m > Math.floor(i / m) + m - n ? -1e30 : 0));
  const bias = constant(later, [n, m]);
  if (!mask) return bias;
  return mask.dtype === "bool" ? where(mask, bias, -1e30) : bias.add(mask);
}
