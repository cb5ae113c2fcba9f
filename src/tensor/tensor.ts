import { describe, requireShape, type Shape, showShape, sizeOf } from "./shape.js";

/** Element types a graph computes with. Indices are int32 (ONNX's int64 is confined to lowerings). */
export type DType = "float32" | "int32" | "bool";
const dtypes: readonly DType[] = ["float32", "int32", "bool"];

export interface TensorType {
  readonly shape: Shape;
  readonly dtype: DType;
}

/** What a lowering may ask of the writer of an ONNX graph. Tensors are named by strings. */
export interface GraphBuilder {
  /** Adds a node; returns the name of its first output (of `outputs`, default 1, made). */
  node(opType: string, inputs: readonly string[], attributes?: Attributes, options?: NodeOptions): string;
  /** A constant of the graph. */
  float(values: number | ArrayLike<number>, shape?: Shape): string;
  int64(values: number | readonly number[]): string;
  int32(values: number | ArrayLike<number>, shape?: Shape): string;
  bool(values: boolean | ArrayLike<number>, shape?: Shape): string;
}
export interface NodeOptions {
  /** Operator domain; default the ONNX one. */
  domain?: string;
  /** Positions of outputs to make, e.g. 1 for the second of TopK; default 0. */
  output?: number;
}
/** Integers and integer lists as they are; floats through `float(x)`, since 1 and 1.0 are the same number here. */
export type Attributes = Record<string, number | readonly number[] | string | { readonly float: number } | undefined>;

export interface GradContext<A> {
  readonly inputs: readonly Tensor[];
  readonly attributes: A;
  /** The op's own output. */
  readonly output: Tensor;
  /** Cotangent of the output, of its shape. */
  readonly dOut: Tensor;
  /** Whether input `i` leads to something a gradient was asked for. */
  needs(i: number): boolean;
}

/** One op = one entry: its type rule, its ONNX lowering and its gradient (vector-Jacobian product). */
export interface OpDefinition<A> {
  /** Result shape, or shape and dtype where the dtype is not the first input's. Throws on inputs that do not fit. */
  shape(inputs: readonly Tensor[], attributes: A): Shape | TensorType;
  onnx(
    graph: GraphBuilder,
    inputs: readonly string[],
    attributes: A,
    context: { inputs: readonly Tensor[]; output: Tensor },
  ): string;
  /**
   * Cotangents of the inputs (null or absent: none flows). Absent: the op has no gradient and asking for one throws.
   */
  grad?(context: GradContext<A>): readonly (Tensor | null | undefined)[];
}
export interface Op<A = unknown> extends OpDefinition<A> {
  readonly name: string;
}

let nextId = 0;

/**
 * A symbolic tensor: a node of a computation graph with a static shape. It holds no numbers; `compile` gives it a
 * value. Ops are methods (`x.matmul(w).add(b)`), added by the files in `ops/`.
 */
export class Tensor {
  /** Creation order; inputs always have smaller ids. */
  readonly id = nextId++;
  readonly shape: Shape;
  readonly dtype: DType;
  constructor(
    readonly op: Op<any>,
    readonly inputs: readonly Tensor[],
    readonly attributes: any,
    type: TensorType,
  ) {
    requireShape(type.shape, op.name);
    for (const n of type.shape)
      if (!Number.isInteger(n) || n < 0) throw new Error(`${op.name}: ${showShape(type.shape)} is not a valid shape.`);
    if (!dtypes.includes(type.dtype))
      throw new Error(`${op.name}: ${describe(type.dtype)} is no dtype; choose one of ${dtypes.join(", ")}.`);
    this.shape = type.shape;
    this.dtype = type.dtype;
  }
  get rank(): number {
    return this.shape.length;
  }
  get size(): number {
    return sizeOf(this.shape);
  }
  toString(): string {
    return `${this.op.name}${showShape(this.shape)}:${this.dtype}`;
  }
  /**
   * Refuses JavaScript's operators, which would work with the object instead of the values it stands for. Only a string
   * (`${tensor}`) can be made. `===`, `!`, `&&`, `||` and `if (tensor)` ask no object and cannot be refused.
   */
  [Symbol.toPrimitive](hint: string): string {
    if (hint === "string") return this.toString();
    const methods =
      hint === "default"
        ? "a.add(b) for a + b, a.equal(b) for a == b"
        : "a.greater(b) for a > b, a.less(b) for a < b, a.sub(b), a.mul(b), a.div(b), a.pow(b), a.neg() for a - b, a * b, a / b, a ** b, -a, and where(a.greater(b), c, d) for a > b ? c : d";
    throw new Error(
      `${this} holds no numbers while the graph is built, so JavaScript's operators and Math cannot use it; write ${methods}.`,
    );
  }
}

/** Throws unless a value is a tensor. */
export function requireTensor(value: unknown, what: string): asserts value is Tensor {
  if (!(value instanceof Tensor)) throw new Error(`${what} must be a tensor, got ${describe(value)}.`);
}

/** A number is a float32 scalar wherever a tensor is expected. */
export type TensorLike = Tensor | number;

/** Every op by name, in order of definition; tests walk it to be sure that none is left out. */
export const opRegistry = new Map<string, Op<any>>();

/** Applies an op: checks its inputs and returns the new node. */
export type ApplyOp<A = undefined> = (inputs: readonly Tensor[], attributes: A) => Tensor;

/** Registers an op and returns the function that applies it. */
export function defineOp<A = undefined>(name: string, definition: OpDefinition<A>): ApplyOp<A> {
  if (opRegistry.has(name)) throw new Error(`The op ${name} is defined twice.`);
  const op: Op<A> = { name, ...definition };
  opRegistry.set(name, op);
  return (inputs, attributes) => {
    inputs.forEach((t, i) => {
      requireTensor(t, `${name}: input ${i}`);
    });
    let type: Shape | TensorType;
    try {
      type = op.shape(inputs, attributes);
    } catch (error) {
      throw new Error(`${name}(${inputs.map((t) => showShape(t.shape)).join(", ")}): ${(error as Error).message}`);
    }
    return new Tensor(op, inputs, attributes, "dtype" in type ? type : { shape: type, dtype: inputs[0].dtype });
  };
}
