import type { Shape } from "../tensor/shape.js";
import type { Attributes, DType, GraphBuilder, NodeOptions } from "../tensor/tensor.js";
import { ProtoWriter } from "./protobuf.js";

/** ONNX element types. */
const ELEMENT: Record<DType | "int64", number> = { float32: 1, int32: 6, int64: 7, bool: 9 };
const OPSET = 21;
const IR_VERSION = 10;

const bytesOf = (data: ArrayBufferView): Uint8Array => new Uint8Array(data.buffer, data.byteOffset, data.byteLength);

/** Collects nodes and constants and writes them as one ONNX model. Equal constants are stored once. */
export class OnnxGraph implements GraphBuilder {
  private readonly graph = new ProtoWriter();
  private readonly domains = new Set<string>();
  private readonly constants = new Map<string, string>();
  private count = 0;

  private fresh(): string {
    return `_t${this.count++}`;
  }

  node(
    opType: string,
    inputs: readonly string[],
    attributes: Attributes = {},
    { domain = "", output = 0 }: NodeOptions = {},
  ): string {
    if (domain) this.domains.add(domain);
    const name = this.fresh();
    this.graph.message(1, (n) => {
      for (const i of inputs) n.string(1, i);
      for (let i = 0; i < output; i++) n.string(2, this.fresh());
      n.string(2, name).string(3, `n${name}`).string(4, opType);
      for (const [key, value] of Object.entries(attributes))
        if (value !== undefined) n.message(5, (a) => writeAttribute(a, key, value));
      if (domain) n.string(7, domain);
    });
    return name;
  }

  /** Names an existing tensor; used for outputs, which need names of their own. */
  alias(from: string, to: string): void {
    this.graph.message(1, (n) => n.string(1, from).string(2, to).string(3, `n_${to}`).string(4, "Identity"));
  }

  initializer(name: string, data: ArrayBufferView, shape: Shape, type: DType | "int64"): void {
    this.graph.message(5, (t) => {
      for (const n of shape) t.int(1, n);
      t.int(2, ELEMENT[type]).string(8, name).bytes(9, bytesOf(data));
    });
  }
  private constant(data: ArrayBufferView, shape: Shape, type: DType | "int64"): string {
    const key = data.byteLength <= 256 ? `${type}|${shape}|${bytesOf(data)}` : undefined;
    const known = key && this.constants.get(key);
    if (known) return known;
    const name = `_c${this.count++}`;
    this.initializer(name, data, shape, type);
    if (key) this.constants.set(key, name);
    return name;
  }
  float(values: number | ArrayLike<number>, shape?: Shape): string {
    return typeof values === "number"
      ? this.constant(Float32Array.of(values), [], "float32")
      : this.constant(Float32Array.from(values), shape ?? [values.length], "float32");
  }
  int32(values: number | ArrayLike<number>, shape?: Shape): string {
    return typeof values === "number"
      ? this.constant(Int32Array.of(values), [], "int32")
      : this.constant(Int32Array.from(values), shape ?? [values.length], "int32");
  }
  bool(values: boolean | ArrayLike<number>, shape?: Shape): string {
    return typeof values === "boolean"
      ? this.constant(Uint8Array.of(Number(values)), [], "bool")
      : this.constant(Uint8Array.from(values), shape ?? [values.length], "bool");
  }
  int64(values: number | readonly number[]): string {
    return typeof values === "number"
      ? this.constant(BigInt64Array.of(BigInt(values)), [], "int64")
      : this.constant(BigInt64Array.from(values, BigInt), [values.length], "int64");
  }

  input(name: string, shape: Shape, dtype: DType): void {
    this.valueInfo(11, name, shape, dtype);
  }
  output(name: string, shape: Shape, dtype: DType): void {
    this.valueInfo(12, name, shape, dtype);
  }
  /** `dims`: the axes, where some are of any length and have a name instead. */
  protected valueInfo(
    field: number,
    name: string,
    shape: Shape,
    dtype: DType,
    dims: readonly (number | string)[] = shape,
  ): void {
    this.graph.message(field, (v) =>
      v.string(1, name).message(2, (type) =>
        type.message(1, (t) =>
          t.int(1, ELEMENT[dtype]).message(2, (s) => {
            for (const n of dims) s.message(1, (d) => (typeof n === "number" ? d.int(1, n) : d.string(2, n)));
          }),
        ),
      ),
    );
  }

  finish(metadata: Record<string, string> = {}): Uint8Array {
    const model = new ProtoWriter().int(1, IR_VERSION).string(2, "fewstep");
    model.message(7, (graph) => graph.raw(this.graph.finish()).string(2, "graph"));
    model.message(8, (o) => o.string(1, "").int(2, OPSET));
    for (const domain of this.domains) model.message(8, (o) => o.string(1, domain).int(2, 1));
    for (const [key, value] of Object.entries(metadata)) model.message(14, (m) => m.string(1, key).string(2, value));
    return model.finish().slice();
  }
}

function writeAttribute(a: ProtoWriter, name: string, value: NonNullable<Attributes[string]>): void {
  a.string(1, name);
  if (typeof value === "number") a.int(3, value).int(20, 2);
  else if (typeof value === "string") a.string(4, value).int(20, 3);
  else if ("float" in value) a.float(2, value.float).int(20, 1);
  else {
    for (const i of value) a.int(8, i);
    a.int(20, 7);
  }
}
