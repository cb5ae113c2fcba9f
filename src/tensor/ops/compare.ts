import { constant } from "../leaves.js";
import { broadcastShapes } from "../shape.js";
import { type DType, defineOp, requireTensor, Tensor, type TensorLike } from "../tensor.js";

/** Both operands as tensors; a number takes the dtype of the other operand. */
export function asOperands(name: string, a: TensorLike, b: TensorLike): [Tensor, Tensor] {
  for (const value of [a, b]) if (typeof value !== "number") requireTensor(value, `${name}: an operand`);
  const of = (value: TensorLike, other: TensorLike) =>
    typeof value === "number" ? constant(value, [], typeof other === "number" ? "float32" : other.dtype) : value;
  return [of(a, b), of(b, a)];
}

function comparison(name: string) {
  const apply = defineOp(name, {
    shape: ([a, b]) => {
      if (a.dtype !== b.dtype)
        throw new Error(`needs two tensors of one dtype, got ${a.dtype} and ${b.dtype}; cast one of them`);
      return { shape: broadcastShapes(a.shape, b.shape), dtype: "bool" as const };
    },
    onnx: (g, inputs) => g.node(name, inputs),
    grad: () => [],
  });
  return function (this: Tensor, other: TensorLike) {
    return apply(asOperands(name, this, other), undefined);
  };
}

function logical(name: string) {
  const apply = defineOp(name, {
    shape: ([a, b]) => {
      if (a.dtype !== "bool" || b.dtype !== "bool")
        throw new Error(`needs two bool tensors, got ${a.dtype} and ${b.dtype}`);
      return broadcastShapes(a.shape, b.shape);
    },
    onnx: (g, inputs) => g.node(name, inputs),
    grad: () => [],
  });
  return function (this: Tensor, other: Tensor) {
    return apply([this, other], undefined);
  };
}

const notOp = defineOp("Not", {
  shape: ([a]) => {
    if (a.dtype !== "bool") throw new Error(`needs a bool tensor, got ${a.dtype}`);
    return a.shape;
  },
  onnx: (g, [a]) => g.node("Not", [a]),
  grad: () => [],
});

const codes: Record<DType, number> = { float32: 1, int32: 6, bool: 9 };
const castOp = defineOp<{ to: DType }>("Cast", {
  shape: ([a], { to }) => ({ shape: a.shape, dtype: to }),
  onnx: (g, [a], { to }) => g.node("Cast", [a], { to: codes[to] }),
  grad: ({ inputs: [a], dOut }) => [a.dtype === "float32" ? dOut : null],
});

const whereOp = defineOp("Where", {
  shape: ([c, a, b]) => {
    if (c.dtype !== "bool") throw new Error(`the condition must be bool, not ${c.dtype}`);
    if (a.dtype !== b.dtype)
      throw new Error(`both choices need one dtype, got ${a.dtype} and ${b.dtype}; cast one of them`);
    return { shape: broadcastShapes(c.shape, a.shape, b.shape), dtype: a.dtype };
  },
  onnx: (g, inputs) => g.node("Where", inputs),
  grad: ({ inputs: [c, a, b], dOut, needs }) => [
    null,
    needs(1) ? where(c, dOut, 0).sumTo(a.shape) : null,
    needs(2) ? where(c, 0, dOut).sumTo(b.shape) : null,
  ],
});

/** `condition ? a : b` per element, broadcasted. */
export const where = (condition: Tensor, a: TensorLike, b: TensorLike): Tensor =>
  whereOp([condition, ...asOperands("where", a, b)], undefined);

declare module "../tensor.js" {
  interface Tensor {
    /** Broadcasted comparisons; the result is bool and carries no gradient. */
    equal(other: TensorLike): Tensor;
    greater(other: TensorLike): Tensor;
    greaterOrEqual(other: TensorLike): Tensor;
    less(other: TensorLike): Tensor;
    lessOrEqual(other: TensorLike): Tensor;
    /** Logical conjunction, disjunction and negation of bool tensors. */
    and(other: Tensor): Tensor;
    or(other: Tensor): Tensor;
    not(): Tensor;
    /** Conversion; bool becomes 0 or 1, floats are truncated towards zero. */
    cast(to: DType): Tensor;
  }
}
Object.assign(Tensor.prototype, {
  equal: comparison("Equal"),
  greater: comparison("Greater"),
  greaterOrEqual: comparison("GreaterOrEqual"),
  less: comparison("Less"),
  lessOrEqual: comparison("LessOrEqual"),
  and: logical("And"),
  or: logical("Or"),
  not(this: Tensor) {
    return notOp([this], undefined);
  },
  cast(this: Tensor, to: DType) {
    return this.dtype === to ? this : castOp([this], { to });
  },
});
