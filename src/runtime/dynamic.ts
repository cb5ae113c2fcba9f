import type { Shape } from "../tensor/shape.js";
import type { Attributes, DType, NodeOptions } from "../tensor/tensor.js";
import { OnnxGraph } from "./onnx.js";

// A graph is traced for shapes that stand fast. Traced for several batches, what differs shows what follows the batch.

/** Batches that a graph is traced for: two determine a·batch + b, the third confirms it. */
export const BATCHES = [2, 3, 5] as const;

/** What is added to a graph, in order: its kind, and the whole numbers that may follow the batch. */
interface Call {
  readonly kind: string;
  readonly numbers: readonly number[];
}

/** A graph that is not written: it notes what is added to it. */
export class RecordingGraph extends OnnxGraph {
  readonly calls: Call[] = [];

  private note(kind: string, numbers: readonly number[] = []): void {
    this.calls.push({ kind, numbers });
  }
  override node(op: string, inputs: readonly string[], attributes: Attributes = {}, options?: NodeOptions): string {
    this.note(`${op} ${JSON.stringify(attributes)}`);
    return super.node(op, inputs, attributes, options);
  }
  override int64(values: number | readonly number[]): string {
    this.note("int64", [values].flat());
    return super.int64(values);
  }
  override float(values: number | ArrayLike<number>, shape?: Shape): string {
    this.note(`float ${shapeOf(values, shape)}`);
    return super.float(values, shape);
  }
  override int32(values: number | ArrayLike<number>, shape?: Shape): string {
    this.note(`int32 ${shapeOf(values, shape)}`);
    return super.int32(values, shape);
  }
  override bool(values: boolean | ArrayLike<number>, shape?: Shape): string {
    this.note(`bool ${shapeOf(values, shape)}`);
    return super.bool(values, shape);
  }
  protected override valueInfo(field: number, name: string, shape: Shape): void {
    this.note(`value ${name} ${field}`, shape);
  }
  override initializer(): void {}
}

const shapeOf = (values: unknown, shape?: Shape): string =>
  String(shape ?? (typeof values === "object" ? (values as ArrayLike<number>).length : "scalar"));

/** a·batch + b. */
type Affine = readonly [a: number, b: number];

/** The same graph for any batch: what followed the batch in the traces is computed from the inputs' shapes. */
export class DynamicGraph extends OnnxGraph {
  private at = 0;
  private source: string | null = null;
  private readonly computed = new Map<string, string>();

  /** @throws where something follows the batch in a way that cannot be written. */
  constructor(private readonly traces: readonly RecordingGraph[]) {
    super();
  }

  private next(): Affine[] {
    const calls = this.traces.map((trace) => trace.calls[this.at]);
    this.at++;
    const [{ kind, numbers }] = calls;
    if (calls.some((call) => call?.kind !== kind || call.numbers.length !== numbers.length))
      throw new Error(`The graph has another form for another batch, at "${kind}"; write it for one batch.`);
    return numbers.map((first, i) => {
      const a = (calls[1].numbers[i] - first) / (BATCHES[1] - BATCHES[0]);
      const b = first - a * BATCHES[0];
      if (calls.some((call, k) => call.numbers[i] !== a * BATCHES[k] + b))
        throw new Error(`A number of "${kind}" does not follow the batch evenly; write the graph for one batch.`);
      return [a, b];
    });
  }

  /** The batch as int64 [1]. */
  private batch(): string {
    if (!this.source) throw new Error("The graph has no input whose first axis is the batch; write it for one batch.");
    return super.node("Shape", [this.source], { start: 0, end: 1 });
  }
  private element([a, b]: Affine): string {
    const key = `${a} ${b}`;
    let name = this.computed.get(key);
    if (name === undefined) {
      if (a === 0) name = super.int64([b]);
      else if (key === "1 0") name = this.batch();
      else {
        const scaled = a === 1 ? this.element([1, 0]) : super.node("Mul", [this.element([1, 0]), super.int64([a])]);
        name = b === 0 ? scaled : super.node("Add", [scaled, super.int64([b])]);
      }
      this.computed.set(key, name);
    }
    return name;
  }

  override int64(values: number | readonly number[]): string {
    const elements = this.next();
    if (elements.every(([a]) => a === 0)) return super.int64(values);
    const names = elements.map((element) => this.element(element));
    if (typeof values === "number") return super.node("Squeeze", names);
    return names.length === 1 ? names[0] : super.node("Concat", names, { axis: 0 });
  }
  override node(op: string, inputs: readonly string[], attributes?: Attributes, options?: NodeOptions): string {
    this.next();
    return super.node(op, inputs, attributes, options);
  }
  override float(values: number | ArrayLike<number>, shape?: Shape): string {
    this.next();
    return super.float(values, shape);
  }
  override int32(values: number | ArrayLike<number>, shape?: Shape): string {
    this.next();
    return super.int32(values, shape);
  }
  override bool(values: boolean | ArrayLike<number>, shape?: Shape): string {
    this.next();
    return super.bool(values, shape);
  }
  protected override valueInfo(field: number, name: string, shape: Shape, dtype: DType): void {
    const dims = this.next().map(([a, b]) =>
      a === 0 ? b : `${a === 1 ? "" : `${a}*`}batch${b === 0 ? "" : ` + ${b}`}`,
    );
    if (dims[0] === "batch") this.source ??= name;
    super.valueInfo(field, name, shape, dtype, dims);
  }
}
