import {
  broadcastShapes,
  describe,
  normalizeAxis,
  requireShape,
  type Shape,
  sameShape,
  showShape,
  sizeOf,
} from "../shape.js";
import { defineOp, requireTensor, Tensor } from "../tensor.js";

const reshapeOp = defineOp<{ shape: Shape }>("Reshape", {
  shape: ([x], { shape }) => {
    if (sizeOf(shape) !== x.size) throw new Error(`${x.size} elements cannot take the shape ${showShape(shape)}`);
    return { shape, dtype: x.dtype };
  },
  // To ONNX a 0 is the input's own size otherwise
  onnx: (g, [x], { shape }) =>
    g.node("Reshape", [x, g.int64([...shape])], { allowzero: shape.includes(0) ? 1 : undefined }),
  grad: ({ inputs: [x], dOut }) => [dOut.reshape(x.shape)],
});

const transposeOp = defineOp<{ order: readonly number[] }>("Transpose", {
  shape: ([x], { order }) => {
    if (order.length !== x.rank || new Set(order).size !== x.rank)
      throw new Error(`${showShape(order)} is no permutation of ${x.rank} axes`);
    return { shape: order.map((axis) => x.shape[axis]), dtype: x.dtype };
  },
  onnx: (g, [x], { order }) => g.node("Transpose", [x], { perm: order }),
  grad: ({ attributes: { order }, dOut }) => [dOut.transpose(order.map((_, axis) => order.indexOf(axis)))],
});

const broadcastOp = defineOp<{ shape: Shape }>("BroadcastTo", {
  shape: ([x], { shape }) => {
    if (!sameShape(broadcastShapes(x.shape, shape), shape))
      throw new Error(`cannot be broadcast to ${showShape(shape)}`);
    return { shape, dtype: x.dtype };
  },
  onnx: (g, [x], { shape }) => g.node("Expand", [x, g.int64([...shape])]),
  grad: ({ inputs: [x], dOut }) => [dOut.sumTo(x.shape)],
});

interface SliceAttributes {
  starts: readonly number[];
  ends: readonly number[];
  steps: readonly number[];
}
const sliceOp = defineOp<SliceAttributes>("Slice", {
  shape: ([x], { starts, ends, steps }) => {
    for (let i = 0; i < x.rank; i++)
      if (
        ![starts[i], ends[i], steps[i]].every(Number.isInteger) ||
        starts[i] < 0 ||
        ends[i] > x.shape[i] ||
        starts[i] > ends[i] ||
        steps[i] < 1
      )
        throw new Error(
          `axis ${i} of size ${x.shape[i]} has no slice [${starts[i]}, ${ends[i]}) with step ${steps[i]}`,
        );
    return { shape: x.shape.map((_, i) => Math.ceil((ends[i] - starts[i]) / steps[i])), dtype: x.dtype };
  },
  onnx: (g, [x], { starts, ends, steps }, { inputs: [t] }) => {
    const axes = t.shape.map((_, i) => i).filter((i) => starts[i] !== 0 || ends[i] !== t.shape[i] || steps[i] !== 1);
    if (axes.length === 0) return x;
    const pick = (list: readonly number[]) => g.int64(axes.map((i) => list[i]));
    return g.node("Slice", [x, pick(starts), pick(ends), g.int64(axes), pick(steps)]);
  },
  grad: ({ inputs: [x], attributes: { starts, steps }, dOut, output }) => [
    dOut.dilate(steps).pad(
      starts,
      x.shape.map((n, i) => n - starts[i] - (output.shape[i] > 0 ? (output.shape[i] - 1) * steps[i] + 1 : 0)),
    ),
  ],
});

const padOp = defineOp<{ before: readonly number[]; after: readonly number[]; value: number }>("Pad", {
  shape: ([x], { before, after }) => {
    if (before.length !== x.rank || after.length !== x.rank)
      throw new Error(`needs ${x.rank} paddings before and after`);
    if ([...before, ...after].some((n) => n < 0))
      throw new Error(`paddings ${showShape(before)}, ${showShape(after)} must not be negative`);
    return { shape: x.shape.map((n, i) => before[i] + n + after[i]), dtype: x.dtype };
  },
  onnx: (g, [x], { before, after, value }, { inputs: [t] }) =>
    g.node("Pad", [x, g.int64([...before, ...after]), t.dtype === "int32" ? g.int32(value) : g.float(value)], {
      mode: "constant",
    }),
  grad: ({ inputs: [x], attributes: { before }, dOut }) => [
    sliceOp([dOut], { starts: before, ends: x.shape.map((n, i) => before[i] + n), steps: x.shape.map(() => 1) }),
  ],
});

const concatOp = defineOp<{ axis: number }>("Concat", {
  shape: (inputs, { axis }) => {
    const [first] = inputs;
    for (const t of inputs)
      if (
        t.rank !== first.rank ||
        t.dtype !== first.dtype ||
        t.shape.some((n, i) => i !== axis && n !== first.shape[i])
      )
        throw new Error(`the inputs differ outside axis ${axis}`);
    return first.shape.map((n, i) => (i === axis ? inputs.reduce((sum, t) => sum + t.shape[axis], 0) : n));
  },
  onnx: (g, inputs, { axis }) => (inputs.length === 1 ? inputs[0] : g.node("Concat", inputs, { axis })),
  grad: ({ inputs, attributes: { axis }, dOut, needs }) => {
    let at = 0;
    return inputs.map((t, i) => {
      const start = at;
      at += t.shape[axis];
      return needs(i) ? dOut.slice(axis, start, at) : null;
    });
  },
});

/** Joins tensors along one axis. */
export function concat(tensors: readonly Tensor[], axis = 0): Tensor {
  requireTensors(tensors, "concat");
  return tensors.length === 1 ? tensors[0] : concatOp(tensors, { axis: normalizeAxis(axis, tensors[0].rank) });
}
/** Joins tensors of one shape along a new axis. */
export function stack(tensors: readonly Tensor[], axis = 0): Tensor {
  requireTensors(tensors, "stack");
  return concat(
    tensors.map((t) => t.unsqueeze(axis)),
    axis,
  );
}
function requireTensors(tensors: unknown, name: string): void {
  if (!Array.isArray(tensors) || tensors.length === 0)
    throw new Error(`${name} takes a list of at least one tensor, got ${describe(tensors)}.`);
  for (const t of tensors) requireTensor(t, `${name}: every entry`);
}

declare module "../tensor.js" {
  interface Tensor {
    /** The same elements in row-major order with another shape; one entry may be −1. */
    reshape(shape: Shape): Tensor;
    /** Axes `from` … `to` merged into one; default all. */
    flatten(from?: number, to?: number): Tensor;
    /** Inserts an axis of size 1. */
    unsqueeze(axis: number): Tensor;
    /** Removes an axis of size 1. */
    squeeze(axis: number): Tensor;
    /** Permuted axes; default: the last two swapped. */
    transpose(order?: readonly number[]): Tensor;
    readonly T: Tensor;
    broadcastTo(shape: Shape): Tensor;
    /** Sums over the axes along which `shape` was broadcast to this shape. */
    sumTo(shape: Shape): Tensor;
    /** Elements [start, end) with a positive step along one axis; negative bounds count from the end. */
    slice(axis: number, start: number, end?: number, step?: number): Tensor;
    /** Equal (a count) or given (a list of sizes) parts along an axis, default the last. */
    split(parts: number | readonly number[], axis?: number): Tensor[];
    /** Adds constant borders per axis. */
    pad(before: readonly number[], after: readonly number[], value?: number): Tensor;
    /** Puts step − 1 zeros between neighbours of each axis. */
    dilate(steps: readonly number[]): Tensor;
  }
}

Object.defineProperty(Tensor.prototype, "T", {
  get(this: Tensor) {
    return this.transpose();
  },
});
Object.assign(Tensor.prototype, {
  reshape(this: Tensor, shape: Shape) {
    requireShape(shape, "reshape");
    const known = shape.reduce((product, n) => (n === -1 ? product : product * n), 1);
    if (shape.includes(-1) && (shape.indexOf(-1) !== shape.lastIndexOf(-1) || this.size % known !== 0))
      throw new Error(
        `reshape: ${this.size} elements ${showShape(this.shape)} do not fill ${showShape(shape)}, where one −1 stands for what is left.`,
      );
    const full = shape.map((n) => (n === -1 ? this.size / known : n));
    return sameShape(full, this.shape) ? this : reshapeOp([this], { shape: full });
  },
  flatten(this: Tensor, from = 0, to = -1) {
    const [a, b] = [normalizeAxis(from, this.rank), normalizeAxis(to, this.rank)];
    return this.reshape([...this.shape.slice(0, a), sizeOf(this.shape.slice(a, b + 1)), ...this.shape.slice(b + 1)]);
  },
  unsqueeze(this: Tensor, axis: number) {
    const at = normalizeAxis(axis, this.rank + 1);
    return this.reshape([...this.shape.slice(0, at), 1, ...this.shape.slice(at)]);
  },
  squeeze(this: Tensor, axis: number) {
    const at = normalizeAxis(axis, this.rank);
    if (this.shape[at] !== 1) throw new Error(`squeeze: axis ${axis} of ${showShape(this.shape)} has not size 1.`);
    return this.reshape(this.shape.filter((_, i) => i !== at));
  },
  transpose(this: Tensor, order?: readonly number[]) {
    const last = this.rank - 1;
    if (order) requireShape(order, "transpose");
    else if (last < 1)
      throw new Error(`transpose: ${showShape(this.shape)} has no two axes to swap; unsqueeze it first.`);
    const full = order
      ? order.map((axis) => normalizeAxis(axis, this.rank))
      : this.shape.map((_, i) => (i === last ? last - 1 : i === last - 1 ? last : i));
    if (full.every((axis, i) => axis === i)) return this;
    const result = transposeOp([this], { order: full });
    if (this.op !== result.op) return result;
    return this.inputs[0].transpose(full.map((axis) => this.attributes.order[axis])); // two permutations are one
  },
  broadcastTo(this: Tensor, shape: Shape) {
    requireShape(shape, "broadcastTo");
    return sameShape(shape, this.shape) ? this : broadcastOp([this], { shape });
  },
  sumTo(this: Tensor, shape: Shape) {
    if (sameShape(shape, this.shape)) return this;
    const lead = this.rank - shape.length;
    const axes = this.shape.map((_, i) => i).filter((i) => i < lead || (shape[i - lead] === 1 && this.shape[i] !== 1));
    return (axes.length > 0 ? this.sum(axes, true) : this).reshape(shape);
  },
  slice(this: Tensor, axis: number, start: number, end?: number, step = 1) {
    const at = normalizeAxis(axis, this.rank);
    const n = this.shape[at];
    const bound = (i: number) => (i < 0 ? i + n : i);
    return sliceOp([this], {
      starts: this.shape.map((_, i) => (i === at ? bound(start) : 0)),
      ends: this.shape.map((m, i) => (i === at && end !== undefined ? bound(end) : m)),
      steps: this.shape.map((_, i) => (i === at ? step : 1)),
    });
  },
  split(this: Tensor, parts: number | readonly number[], axis = -1) {
    const at = normalizeAxis(axis, this.rank);
    const n = this.shape[at];
    if (typeof parts === "number" && n % parts !== 0)
      throw new Error(`split: axis ${axis} of size ${n} has no ${parts} equal parts.`);
    const sizes = typeof parts === "number" ? new Array<number>(parts).fill(n / parts) : parts;
    if (sizes.reduce((a, b) => a + b, 0) !== n) throw new Error(`split: sizes ${showShape(sizes)} do not sum to ${n}.`);
    let from = 0;
    return sizes.map((size) => this.slice(at, from, (from += size)));
  },
  pad(this: Tensor, before: readonly number[], after: readonly number[], value = 0) {
    return [...before, ...after].every((n) => n === 0) ? this : padOp([this], { before, after, value });
  },
  dilate(this: Tensor, steps: readonly number[]) {
    return steps.reduce<Tensor>((x, step, axis) => {
      if (step === 1) return x;
      const spread = x.unsqueeze(axis + 1);
      const zeros = spread.shape.map(() => 0);
      const shape = x.shape.map((n, i) => (i === axis ? n * step : n));
      return spread
        .pad(
          zeros,
          zeros.map((_, i) => (i === axis + 1 ? step - 1 : 0)),
        )
        .reshape(shape)
        .slice(axis, 0, (x.shape[axis] - 1) * step + 1);
    }, this);
  },
});
