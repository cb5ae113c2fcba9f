import { constant } from "../leaves.js";
import { normalizeAxis } from "../shape.js";
import { defineOp, Tensor } from "../tensor.js";

interface ExtremumAttributes {
  axis: number;
}
const INT32 = 6;

/** ONNX returns int64 indices; ours are int32. */
function extremumIndex(name: "ArgMax" | "ArgMin") {
  const apply = defineOp<ExtremumAttributes>(name, {
    shape: ([x], { axis }) => ({ shape: x.shape.filter((_, i) => i !== axis), dtype: "int32" }),
    onnx: (g, [x], { axis }) => g.node("Cast", [g.node(name, [x], { axis, keepdims: 0 })], { to: INT32 }),
    grad: () => [],
  });
  return function (this: Tensor, axis = -1) {
    return apply([this], { axis: normalizeAxis(axis, this.rank) });
  };
}

interface TopKAttributes {
  k: number;
  axis: number;
  largest: boolean;
}
const topKIndicesOp = defineOp<TopKAttributes>("TopKIndices", {
  shape: ([x], { k, axis }) => {
    if (!Number.isInteger(k) || k < 1 || k > x.shape[axis])
      throw new Error(`k must be an integer from 1 to ${x.shape[axis]}, got ${k}`);
    return { shape: x.shape.map((n, i) => (i === axis ? k : n)), dtype: "int32" };
  },
  onnx: (g, [x], { k, axis, largest }) => {
    const indices = g.node("TopK", [x, g.int64([k])], { axis, largest: Number(largest), sorted: 1 }, { output: 1 });
    return g.node("Cast", [indices], { to: INT32 });
  },
  grad: () => [],
});

/** Sorted values and where they were. */
export interface TopK {
  values: Tensor;
  /** int32, positions along the axis. */
  indices: Tensor;
}

declare module "../tensor.js" {
  interface Tensor {
    /** int32 position of the first largest (smallest) entry along an axis, which is dropped. */
    argmax(axis?: number): Tensor;
    argmin(axis?: number): Tensor;
    /** The k largest (or smallest) entries along an axis, in order; gradients flow to the entries chosen. */
    topK(k: number, axis?: number, options?: { largest?: boolean }): TopK;
    /**
     * All entries along an axis in rising order (or falling: `descending`), equal ones as they were, with their
     * positions; gradients flow to the entries.
     */
    sort(axis?: number, options?: { descending?: boolean }): TopK;
    /**
     * Of int32 indices [..] in [0, classes): float32 [.., classes] with a 1 at each index, zeros for indices outside.
     */
    oneHot(classes: number): Tensor;
  }
}
Object.assign(Tensor.prototype, {
  argmax: extremumIndex("ArgMax"),
  argmin: extremumIndex("ArgMin"),
  topK(this: Tensor, k: number, axis = -1, { largest = true } = {}): TopK {
    const at = normalizeAxis(axis, this.rank);
    const indices = topKIndicesOp([this], { k, axis: at, largest });
    return { values: this.gatherElements(indices, at), indices };
  },
  sort(this: Tensor, axis = -1, { descending = false } = {}): TopK {
    return this.topK(this.shape[normalizeAxis(axis, this.rank)], axis, { largest: descending });
  },
  oneHot(this: Tensor, classes: number) {
    const all = constant(
      Int32Array.from({ length: classes }, (_, i) => i),
      [classes],
      "int32",
    );
    return this.unsqueeze(-1).equal(all).cast("float32");
  },
});
