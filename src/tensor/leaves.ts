import { requireShape, type Shape, showShape, sizeOf } from "./shape.js";
import { type DType, type Op, requireTensor, Tensor, type TensorLike } from "./tensor.js";
import { type TensorData, toData } from "./values.js";

const leaf = (name: string): Op<any> => ({
  name,
  shape: () => [],
  onnx: () => {
    throw new Error(`${name} is bound by the compiler, not lowered.`);
  },
});
const inputOp = leaf("Input");
const constantOp = leaf("Constant");
const parameterOp = leaf("Parameter");

/** A value given at each run, by name. */
export const input = (name: string, shape: Shape, dtype: DType = "float32"): Tensor =>
  new Tensor(inputOp, [], { name }, { shape, dtype });

export type ConstantData = TensorData;

/** A value fixed in the graph. Numbers and plain arrays become float32 unless a dtype is given. */
export function constant(values: number | ArrayLike<number>, shape?: Shape, dtype: DType = "float32"): Tensor {
  const given = toData(values, dtype, "constant");
  const type = shape ?? (typeof values === "number" ? [] : [given.length]);
  requireShape(type, "constant");
  if (given.length !== sizeOf(type))
    throw new Error(`constant: ${given.length} values do not fill ${showShape(type)}.`);
  const data = given === values ? given.slice() : given;
  return new Tensor(constantOp, [], { data }, { shape: type, dtype });
}

/** A number as a scalar tensor, a tensor as it is. */
export function asTensor(value: TensorLike, what = "A value"): Tensor {
  if (typeof value === "number") return constant(value);
  requireTensor(value, what);
  return value;
}

/** Fills a parameter's initial value; `normal` and `uniform` draw from the parameter's own stream. */
export type Initializer = (out: Float32Array, shape: Shape, random: { uniform(): number; normal(): number }) => void;

/**
 * A trainable float32 tensor. Its numbers live in `value`, a view into the flat vector of the `Parameters` that hold it
 * (absent until it belongs to one).
 */
export class Parameter extends Tensor {
  value: Float32Array | null = null;
  /** Path in the largest network whose parameters were asked for, for messages; null: none were. */
  name: string | null = null;
  constructor(
    shape: Shape,
    readonly initialize: Initializer,
  ) {
    super(parameterOp, [], undefined, { shape, dtype: "float32" });
  }
}

export const isInput = (t: Tensor): boolean => t.op === inputOp;
export const isConstant = (t: Tensor): boolean => t.op === constantOp;

/** The value of a scalar constant, else undefined. */
export function scalarValue(t: Tensor): number | undefined {
  return isConstant(t) && t.size === 1 ? t.attributes.data[0] : undefined;
}
