import { normalizeAxis, type Shape, sameShape, showShape } from "../shape.js";
import { defineOp, Tensor } from "../tensor.js";

const gatherOp = defineOp("Gather", {
  shape: ([table, indices]) => {
    if (indices.dtype !== "int32") throw new Error(`indices must be int32, not ${indices.dtype}`);
    return { shape: [...indices.shape, ...table.shape.slice(1)], dtype: table.dtype };
  },
  onnx: (g, [table, indices]) => g.node("Gather", [table, indices], { axis: 0 }),
  grad: ({ inputs: [table, indices], dOut }) => [scatterAdd(dOut, indices, table.shape)],
});

const scatterAddOp = defineOp<{ shape: Shape }>("ScatterAdd", {
  shape: ([updates, indices], { shape }) => {
    if (String(updates.shape) !== String([...indices.shape, ...shape.slice(1)]))
      throw new Error(`updates do not fit ${showShape(indices.shape)} rows of ${showShape(shape)}`);
    return shape;
  },
  onnx: (g, [updates, indices], { shape }, { inputs: [, index] }) => {
    const zeros = g.node("Expand", [g.float(0), g.int64([...shape])]);
    const rows = g.node("Reshape", [g.node("Cast", [indices], { to: 7 }), g.int64([...index.shape, 1])]);
    return g.node("ScatterND", [zeros, rows, updates], { reduction: "add" });
  },
  grad: ({ inputs: [, indices], dOut }) => [dOut.gather(indices), null],
});

/** Adds rows `updates[i…]` to row `indices[i…]` of a zero tensor of the given shape; repeated rows accumulate. */
export const scatterAdd = (updates: Tensor, indices: Tensor, shape: Shape): Tensor =>
  scatterAddOp([updates, indices], { shape });

const gatherElementsOp = defineOp<{ axis: number }>("GatherElements", {
  shape: ([x, indices], { axis }) => {
    if (indices.dtype !== "int32") throw new Error(`indices must be int32, not ${indices.dtype}`);
    if (indices.rank !== x.rank || indices.shape.some((n, i) => i !== axis && n !== x.shape[i]))
      throw new Error(`indices ${showShape(indices.shape)} must match ${showShape(x.shape)} outside axis ${axis}`);
    return { shape: indices.shape, dtype: x.dtype };
  },
  onnx: (g, inputs, { axis }) => g.node("GatherElements", inputs, { axis }),
  grad: ({ inputs: [x, indices], attributes: { axis }, dOut }) => [
    scatterElementsOp([dOut, indices], { axis, shape: x.shape }),
    null,
  ],
});
const scatterElementsOp = defineOp<{ axis: number; shape: Shape }>("ScatterElementsAdd", {
  shape: ([updates, indices], { axis, shape }) => {
    if (indices.dtype !== "int32") throw new Error(`indices must be int32, not ${indices.dtype}`);
    if (!sameShape(updates.shape, indices.shape) || !sameShape(shape, updates.shape.with(axis, shape[axis])))
      throw new Error(`updates and indices need the shape ${showShape(shape)} outside axis ${axis}`);
    return shape;
  },
  onnx: (g, [updates, indices], { axis, shape }) =>
    g.node("ScatterElements", [g.node("Expand", [g.float(0), g.int64([...shape])]), indices, updates], {
      axis,
      reduction: "add",
    }),
  grad: ({ inputs: [, indices], attributes: { axis }, dOut }) => [dOut.gatherElements(indices, axis), null],
});

/** Adds `updates` to a zero tensor of the given shape at `indices` along one axis: the adjoint of gatherElements. */
export const scatterAddElements = (updates: Tensor, indices: Tensor, shape: Shape, axis = -1): Tensor =>
  scatterElementsOp([updates, indices], { axis: normalizeAxis(axis, shape.length), shape });

declare module "../tensor.js" {
  interface Tensor {
    /** Rows of this tensor: result[i…] = this[indices[i…]] along axis 0 (an embedding look-up). */
    gather(indices: Tensor): Tensor;
    /** result[…, i, …] = this[…, indices[…, i, …], …] along one axis. */
    gatherElements(indices: Tensor, axis?: number): Tensor;
  }
}
Object.assign(Tensor.prototype, {
  gather(this: Tensor, indices: Tensor) {
    return gatherOp([this, indices], undefined);
  },
  gatherElements(this: Tensor, indices: Tensor, axis = -1) {
    return gatherElementsOp([this, indices], { axis: normalizeAxis(axis, this.rank) });
  },
});
