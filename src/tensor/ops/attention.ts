import { constant } from "../leaves.js";
import { broadcastShapes, sameShape, showShape } from "../shape.js";
import { type ApplyOp, defineOp, requireTensor, Tensor } from "../tensor.js";
import { where } from "./compare.js";

/**
 * O = P·V with P = softmax(S), from S, P and V. The row sums that the softmax's gradient needs, Σ_j dP·P, equal Σ_d
 * dO·O (Dao et al. 2022, §3), which are far cheaper: dS = P·(dP − Σ_d dO·O).
 */
const attendOp = defineOp("Attend", {
  shape: ([scores, , values]) => [...scores.shape.slice(0, -1), values.shape[values.rank - 1]],
  onnx: (g, [, weights, values]) => g.node("MatMul", [weights, values]),
  grad: ({ inputs: [, weights, values], output, dOut, needs }) => [
    needs(0) ? weights.mul(dOut.matmul(values.T).sub(dOut.mul(output).sum(-1, true))) : null,
    null,
    needs(2) ? weights.T.matmul(dOut) : null,
  ],
});

export interface AttentionOptions {
  /** Of the products query·key; default 1/√D. */
  scale?: number;
  /**
   * Broadcast to [.., N, M]: bool (true: may attend) or float32 (added to the scores). A row without any true attends
   * to all.
   */
  mask?: Tensor;
}

/**
 * softmax(Q·Kᵀ·scale + mask)·V of queries [.., N, D], keys [.., M, D] and values [.., M, E], all with the same leading
 * axes: [.., N, E].
 */
export function attention(query: Tensor, key: Tensor, value: Tensor, { scale, mask }: AttentionOptions = {}): Tensor {
  for (const [name, t] of Object.entries({ query, key, value })) requireTensor(t, `attention: the ${name}`);
  const lead = (t: Tensor) => String(t.shape.slice(0, -2));
  const [width, keys] = [query.shape[query.rank - 1], key.shape[key.rank - 2]];
  if (
    lead(query) !== lead(key) ||
    lead(key) !== lead(value) ||
    key.shape[key.rank - 1] !== width ||
    value.shape[value.rank - 2] !== keys
  )
    throw new Error(
      `attention: needs [.., N, D], [.., M, D] and [.., M, E], got ${[query, key, value].map((t) => showShape(t.shape)).join(", ")}.`,
    );
  const products = query.mul(scale ?? 1 / Math.sqrt(width)).matmul(key.T);
  const scores = !mask ? products : mask.dtype === "bool" ? where(mask, products, -1e30) : products.add(mask);
  return attendOp([scores, scores.softmax(), value], undefined);
}

interface RotateAttributes {
  interleaved: boolean;
}
/**
 * x·cos + swap(x)·sin, where swap exchanges the members of each pair and sin carries the signs; the adjoint turns back.
 */
const rotateOp: ApplyOp<RotateAttributes> = defineOp<RotateAttributes>("Rotate", {
  shape: ([x, cos]) => {
    if (!sameShape(broadcastShapes(x.shape, cos.shape), x.shape))
      throw new Error("the angles must broadcast to the rows");
    return x.shape;
  },
  onnx: (g, [x, cos, sin], { interleaved }, { inputs: [t] }) => {
    const width = t.shape[t.rank - 1];
    const pairs = interleaved ? g.node("Reshape", [x, g.int64([...t.shape.slice(0, -1), width / 2, 2])]) : x;
    const axis = interleaved ? t.rank : t.rank - 1;
    const half = interleaved ? 1 : width / 2;
    const part = (i: number) =>
      g.node("Slice", [pairs, g.int64([i * half]), g.int64([(i + 1) * half]), g.int64([axis])]);
    const joined = g.node("Concat", [part(1), part(0)], { axis });
    const swapped = interleaved ? g.node("Reshape", [joined, g.int64([...t.shape])]) : joined;
    return g.node("Add", [g.node("Mul", [x, cos]), g.node("Mul", [swapped, sin])]);
  },
  grad: ({ inputs: [, cos, sin], attributes, dOut }) => [rotateOp([dOut, cos, sin.neg()], attributes)],
});

export interface RotaryOptions {
  /** Pairs are neighbours (2i, 2i + 1) instead of halves (i, i + D/2). */
  interleaved?: boolean;
  /** Pair i of D/2 turns by position·base^(−2i/D); default 10⁴. */
  base?: number;
  /** Positions of the N rows: numbers, or a tensor [N] or [.., N] (int32 or float32); default 0 … N − 1. */
  positions?: readonly number[] | Tensor;
}

/**
 * Turns of N rows of D features in neighbouring pairs (2i, 2i + 1), [N, D] each; made once, shared by every `rotary`
 * that takes them.
 */
export interface Rotation {
  readonly cos: Tensor;
  readonly sin: Tensor;
}

/**
 * Rotary positions on several axes: axis a gives a position for each of the N rows and turns the a-th equal share of
 * the `width` features, its pair i of m by position·base^(−i/m).
 */
export function axialRotation(axes: readonly (readonly number[])[], width: number, base = 1e4): Rotation {
  const rows = axes[0]?.length ?? 0;
  if (rows === 0 || axes.some((positions) => positions.length !== rows))
    throw new Error(`axialRotation: every axis needs the same number of positions, at least one.`);
  const share = width / axes.length;
  if (!Number.isInteger(share / 2))
    throw new Error(`axialRotation: ${axes.length} axes need a multiple of ${2 * axes.length} features, got ${width}.`);
  const angle = (row: number, i: number) =>
    axes[Math.floor(i / share)][row] * base ** ((-2 * Math.floor((i % share) / 2)) / share);
  const table = (f: (row: number, i: number) => number) =>
    constant(
      Float32Array.from({ length: rows * width }, (_, k) => f(Math.floor(k / width), k % width)),
      [rows, width],
    );
  return {
    cos: table((row, i) => Math.cos(angle(row, i))),
    sin: table((row, i) => (i % 2 === 0 ? -1 : 1) * Math.sin(angle(row, i))),
  };
}

declare module "../tensor.js" {
  interface Tensor {
    /**
     * Rotary position embedding of [.., N, D], D even (Su et al. 2021): pairs (i, i + D/2) turn by angles that grow
     * with the position.
     */
    rotary(options?: RotaryOptions | Rotation): Tensor;
  }
}
Object.assign(Tensor.prototype, {
  rotary(this: Tensor, options: RotaryOptions | Rotation = {}) {
    if ("cos" in options) return rotateOp([this, options.cos, options.sin], { interleaved: true });
    const { base = 1e4, positions, interleaved = false } = options;
    const [rows, width] = this.shape.slice(-2);
    if (this.rank < 2 || width % 2 !== 0)
      throw new Error(`rotary: ${showShape(this.shape)} needs axes [.., N, D] with D even.`);
    const pairOf = (i: number) => (interleaved ? Math.floor(i / 2) : i % (width / 2));
    const frequencies = Array.from({ length: width }, (_, i) => base ** ((-2 * pairOf(i)) / width));
    const signs = frequencies.map((_, i) => ((interleaved ? i % 2 === 0 : i < width / 2) ? -1 : 1));
    if (positions instanceof Tensor) {
      const angles = positions.cast("float32").unsqueeze(-1).mul(constant(frequencies));
      return rotateOp([this, angles.cos(), angles.sin().mul(constant(signs))], { interleaved });
    }
    const list = positions ?? Array.from({ length: rows }, (_, i) => i);
    if (list.length !== rows) throw new Error(`rotary: ${list.length} positions for ${rows} rows.`);
    const angles = list.flatMap((position) => frequencies.map((f) => position * f));
    const sines = angles.map((angle, i) => Math.sin(angle) * signs[i % width]);
    return rotateOp([this, constant(angles.map(Math.cos), [rows, width]), constant(sines, [rows, width])], {
      interleaved,
    });
  },
});
