import { constant } from "../leaves.js";
import { normalizeAxis, type Shape, sameShape, showShape, sizeOf } from "../shape.js";
import { defineOp, Tensor } from "../tensor.js";

const gatherOp = defineOp("Gather", {
  shape: ([table, indices]) => {
    if (indices.dtype !== "int32") throw new Error(`indices must be int32, not ${indices.dtype}`);
    return { shape: [...indices.shape, ...table.shape.slice(1)], dtype: table.dtype };
  },
  onnx: (g, [table, indices]) => g.node("Gather", [table, indices], { axis: 0 }),
  grad: ({ inputs: [table, indices], dOut }) => [sumRows(dOut, indices, table.shape)],
});

/**
 * The adjoint of a look-up: scatterAdd, or for short and wide tables, where it is up to ten times faster, a product
 * with the one-hot matrix. They cost the same at about 250 rows natively and 64 in WASM (`npm run bench -- lookup`).
 */
function sumRows(updates: Tensor, indices: Tensor, shape: Shape): Tensor {
  const [rows, width] = [shape[0], sizeOf(shape.slice(1))];
  if (rows > Math.min(128, 4 * width)) return scatterAdd(updates, indices, shape);
  const all = constant(
    Int32Array.from({ length: rows }, (_, i) => i),
    [rows],
    "int32",
  );
  // Looked up among all rows, indices are checked and counted as the look-up itself does, negative ones from the end
  const found = all.gather(indices.flatten());
  const hits = all.unsqueeze(1).equal(found).cast("float32");
  return hits.matmul(updates.reshape([indices.size, width])).reshape(shape);
}

const scatterAddOp = defineOp<{ shape: Shape }>("ScatterAdd", {
  shape: ([updates, indices], { shape }) => {
    if (String(updates.shape) !== String([...indices.shape, ...shape.slice(1)]))
      throw new Error(`updates do not fit ${showShape(indices.shape)} rows of ${showShape(shape)}`);
    if (sizeOf(shape) >= 2 ** 31) throw new Error(`${showShape(shape)} has more than 2³¹ − 1 elements`);
    return shape;
  },
  // By element: the runtime's ScatterND adds rows from several threads at once and loses some; ScatterElements adds one
  // after the other, on a GPU atomically. Of one axis it is two to four times faster than of two.
  onnx: (g, [updates, indices], { shape }, { inputs: [update, index] }) => {
    const width = sizeOf(shape.slice(1));
    const column = g.node("Reshape", [indices, g.int64([index.size, 1])]);
    const columns = g.int32(Int32Array.from({ length: width }, (_, i) => i));
    const places = width === 1 ? column : g.node("Add", [g.node("Mul", [column, g.int32(width)]), columns]);
    const flat = (name: string) => g.node("Reshape", [name, g.int64([update.size])]);
    const zeros = g.node("Expand", [g.float(0), g.int64([sizeOf(shape)])]);
    const sums = g.node("ScatterElements", [zeros, flat(places), flat(updates)], { axis: 0, reduction: "add" });
    return g.node("Reshape", [sums, g.int64([...shape])]);
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
