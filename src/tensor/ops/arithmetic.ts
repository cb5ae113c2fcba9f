import { asTensor, scalarValue } from "../leaves.js";
import { broadcastShapes, sameShape } from "../shape.js";
import { defineOp, type GradContext, Tensor, type TensorLike } from "../tensor.js";
import { asOperands, where } from "./compare.js";
import { concat } from "./layout.js";

/** Defines an op of two inputs with NumPy broadcasting; cotangents are summed to the inputs' shapes. */
function binary(name: string, partials: (context: GradContext<undefined>) => [() => Tensor, () => Tensor]) {
  const apply = defineOp(name, {
    shape: ([a, b]) => {
      if (a.dtype !== b.dtype || a.dtype === "bool")
        throw new Error(`needs two tensors of one numeric dtype, got ${a.dtype} and ${b.dtype}; cast one of them`);
      return broadcastShapes(a.shape, b.shape);
    },
    onnx: (g, inputs) => g.node(name, inputs),
    grad: (context) =>
      context.output.dtype === "float32"
        ? partials(context).map((partial, i) => (context.needs(i) ? partial().sumTo(context.inputs[i].shape) : null))
        : [],
  });
  return (a: TensorLike, b: TensorLike) => apply(withoutBroadcasts(asOperands(name, a, b)), undefined);
}

/** Operands as they were before `broadcastTo`, where the other one gives the result its shape anyway. */
function withoutBroadcasts([a, b]: [Tensor, Tensor]): [Tensor, Tensor] {
  const source = (t: Tensor, other: Tensor) => {
    if (t.op.name !== "BroadcastTo") return t;
    const [before] = t.inputs;
    const fits =
      other.rank >= t.rank &&
      sameShape(broadcastShapes(t.shape, other.shape), broadcastShapes(before.shape, other.shape));
    return fits ? before : t;
  };
  const left = source(a, b);
  return [left, source(b, left)];
}

const addOp = binary("Add", ({ dOut }) => [() => dOut, () => dOut]);
const subOp = binary("Sub", ({ dOut }) => [() => dOut, () => dOut.neg()]);
const mulOp = binary("Mul", ({ inputs: [a, b], dOut }) => [() => dOut.mul(b), () => dOut.mul(a)]);
const divOp = binary("Div", ({ inputs: [, b], output, dOut }) => [
  () => dOut.div(b),
  () => dOut.mul(output).div(b).neg(),
]);
const powOp = binary("Pow", ({ inputs: [a, b], output, dOut }) => [
  () => dOut.mul(b).mul(a.pow(b.sub(1))),
  () => dOut.mul(output).mul(a.log()),
]);
// Where both are equal the cotangent is shared equally.
const share = (a: Tensor, b: Tensor) => a.greater(b).cast("float32").add(a.equal(b).cast("float32").mul(0.5));
const maximumOp = binary("Max", ({ inputs: [a, b], dOut }) => [
  () => dOut.mul(share(a, b)),
  () => dOut.mul(share(b, a)),
]);
const minimumOp = binary("Min", ({ inputs: [a, b], dOut }) => [
  () => dOut.mul(share(b, a)),
  () => dOut.mul(share(a, b)),
]);

const clampOp = defineOp<{ low: number; high: number }>("Clamp", {
  shape: ([x], { low, high }) => {
    if (!(low <= high)) throw new Error(`needs low <= high, got ${low} and ${high}`);
    return x.shape;
  },
  onnx: (g, [x], { low, high }) =>
    g.node("Clip", [x, low === -Infinity ? "" : g.float(low), high === Infinity ? "" : g.float(high)]),
  grad: ({ inputs: [x], output, dOut }) => [where(x.equal(output), dOut, 0)],
});

const keepsShape = (tensor: Tensor, other: Tensor) => other.size === 1 && other.rank <= tensor.rank;

/**
 * The sum of two tensors padded with zeros to neighbouring parts of one axis, as one concatenation: what the gradients
 * of the parts of a `split` add up to.
 */
function joinPadded(first: Tensor, second: Tensor): Tensor | undefined {
  if (first.op.name !== "Pad" || second.op.name !== "Pad" || !sameShape(first.shape, second.shape)) return;
  const [p, q] = [first.attributes, second.attributes];
  if (p.value !== 0 || q.value !== 0) return;
  const [left, right] = [first.inputs[0], second.inputs[0]];
  const cut = first.shape.map((_, i) => i).filter((i) => p.before[i] !== q.before[i] || p.after[i] !== q.after[i]);
  const [axis] = cut;
  if (cut.length !== 1 || p.before[axis] + left.shape[axis] !== q.before[axis]) return;
  const parts = [left, right].flatMap((t) => (t.op.name === "Concat" && t.attributes.axis === axis ? t.inputs : [t]));
  return concat(parts, axis).pad(p.before, p.after.with(axis, q.after[axis]));
}

export function add(a: TensorLike, b: TensorLike): Tensor {
  const [x, y] = asOperands("add", a, b);
  const joined = joinPadded(x, y) ?? joinPadded(y, x);
  if (joined) return joined;
  if (scalarValue(y) === 0 && keepsShape(x, y)) return x;
  if (scalarValue(x) === 0 && keepsShape(y, x)) return y;
  return addOp(x, y);
}
export function sub(a: TensorLike, b: TensorLike): Tensor {
  const [x, y] = asOperands("sub", a, b);
  return scalarValue(y) === 0 && keepsShape(x, y) ? x : subOp(x, y);
}
export function mul(a: TensorLike, b: TensorLike): Tensor {
  const [x, y] = asOperands("mul", a, b);
  if (scalarValue(y) === 1 && keepsShape(x, y)) return x;
  if (scalarValue(x) === 1 && keepsShape(y, x)) return y;
  return mulOp(x, y);
}
export function div(a: TensorLike, b: TensorLike): Tensor {
  const [x, y] = asOperands("div", a, b);
  const divisor = scalarValue(y);
  return x.dtype === "float32" && divisor !== undefined && divisor !== 0 ? mul(x, 1 / divisor) : divOp(x, y);
}
export function pow(a: TensorLike, b: TensorLike): Tensor {
  const exponent = scalarValue(asTensor(b, "pow: the exponent"));
  if (exponent === 1) return asTensor(a);
  if (exponent === 2) return asTensor(a).square();
  if (exponent === 0.5) return asTensor(a).sqrt();
  return powOp(a, b);
}

declare module "../tensor.js" {
  interface Tensor {
    /**
     * Broadcasted sum, difference, product and quotient; a number takes this tensor's dtype. int32 quotients truncate.
     */
    add(other: TensorLike): Tensor;
    sub(other: TensorLike): Tensor;
    mul(other: TensorLike): Tensor;
    div(other: TensorLike): Tensor;
    /** `this ** other`; the gradient towards a non-constant exponent needs a positive base. */
    pow(other: TensorLike): Tensor;
    /** Elementwise larger and smaller; equal entries share the gradient. */
    maximum(other: TensorLike): Tensor;
    minimum(other: TensorLike): Tensor;
    /** Limits float values to [low, high], either of which may be infinite; the gradient is zero outside. */
    clamp(low: number, high: number): Tensor;
  }
}
Object.assign(Tensor.prototype, {
  add(this: Tensor, other: TensorLike) {
    return add(this, other);
  },
  sub(this: Tensor, other: TensorLike) {
    return sub(this, other);
  },
  mul(this: Tensor, other: TensorLike) {
    return mul(this, other);
  },
  div(this: Tensor, other: TensorLike) {
    return div(this, other);
  },
  pow(this: Tensor, other: TensorLike) {
    return pow(this, other);
  },
  maximum(this: Tensor, other: TensorLike) {
    return maximumOp(this, other);
  },
  minimum(this: Tensor, other: TensorLike) {
    return minimumOp(this, other);
  },
  clamp(this: Tensor, low: number, high: number) {
    return clampOp([this], { low, high });
  },
});
