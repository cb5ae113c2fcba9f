import type * as Ort from "onnxruntime-web";
import { input, type Parameter } from "../tensor/leaves.js";
import { type Shape, showShape, sizeOf } from "../tensor/shape.js";
import { type DType, Tensor } from "../tensor/tensor.js";
import { type DeviceName, resolveRuntime } from "./device.js";
import { lower, valueOf } from "./lower.js";
import { createSession } from "./session.js";

/** An input's shape (float32), or its shape and dtype; null or false for an input that this graph does without. */
export type InputSpec = Shape | { readonly shape: Shape; readonly dtype: DType } | null | false;
/** What a graph returns by name: a tensor, or a list of tensors that comes back as one flat vector (gradients). */
export type GraphOutputs = Record<string, Tensor | readonly Tensor[]>;
/** Values of a run: row-major float32 (integers and booleans converted); a scalar is an array of one. */
export type Values<O> = { [K in keyof O]: Float32Array };
export type Feed = Float32Array | Int32Array | Uint8Array | readonly number[] | number;

export interface CompileOptions {
  device?: DeviceName | "auto";
  /** Threads of the native or WASM runtime; default: all cores. */
  threads?: number;
  /**
   * Parameters whose present values become constants of the graph (true: all): faster, blind to later updates. For sampling, and
   * for networks that a loss looks through.
   */
  freeze?: boolean | Iterable<Parameter>;
}

export interface Program<I extends string, O> {
  readonly inputs: Record<I, { shape: Shape; dtype: DType }>;
  /**
   * Runs the graph once. The runtime's call blocks its thread. Lists of tensors (gradients) come back in a buffer that the next
   * run overwrites; everything else is freshly allocated.
   */
  run(feeds: Record<I, Feed>): Promise<Values<O>>;
  /** The graph as an ONNX model with the parameters' present values inside. */
  toOnnx(metadata?: Record<string, string>): Uint8Array;
  /** Frees the session. */
  release(): Promise<void>;
}

/** Traces `build` once and compiles the graph; the session is created at the first run. Shapes are static. */
export function compile<I extends string, O extends GraphOutputs>(
  specs: Record<I, InputSpec>,
  build: (inputs: Record<I, Tensor>) => O,
  options: CompileOptions = {},
): Program<I, O> {
  const inputs = {} as Record<I, Tensor>;
  for (const [name, spec] of Object.entries(specs) as [I, InputSpec][]) {
    if (!spec) continue;
    const type = "dtype" in spec ? spec : { shape: spec, dtype: "float32" as const };
    inputs[name] = input(name, type.shape, type.dtype);
  }
  const results = build(inputs);
  const outputs: { name: string; tensor: Tensor }[] = [];
  const lists: {
    name: keyof O & string;
    flat: Float32Array;
    parts: { name: string; shape: Shape; view: Float32Array }[];
  }[] = [];
  for (const [name, value] of Object.entries(results)) {
    if (value instanceof Tensor) {
      outputs.push({ name: `out.${name}`, tensor: value });
      continue;
    }
    const flat = new Float32Array(value.reduce((n, t) => n + t.size, 0));
    let at = 0;
    const parts = value.map((tensor, i) => {
      const part = { name: `out.${name}.${i}`, shape: tensor.shape, view: flat.subarray(at, (at += tensor.size)) };
      outputs.push({ name: part.name, tensor });
      return part;
    });
    lists.push({ name, flat, parts });
  }
  const inputList = Object.values(inputs) as Tensor[];

  async function start() {
    const runtime = await resolveRuntime(options.device);
    const lowered = lower(inputList, outputs, { freeze: options.freeze });
    const session = await createSession(runtime, lowered.bytes, options.threads);
    return { ort: runtime.ort, session, parameters: lowered.parameters };
  }
  let started: ReturnType<typeof start> | null = null;
  const bound = new Map<Parameter, { value: Float32Array; tensor: Ort.Tensor }>();

  return {
    inputs: Object.fromEntries(
      inputList.map((t) => [t.attributes.name, { shape: t.shape, dtype: t.dtype }]),
    ) as Program<I, O>["inputs"],
    async run(feeds) {
      started ??= start();
      const { ort, session, parameters } = await started;
      const given: Record<string, Ort.Tensor> = {};
      for (const t of inputList) given[t.attributes.name] = feedTensor(ort, t, feeds[t.attributes.name as I]);
      for (const { name, parameter } of parameters) {
        const value = valueOf(parameter, name);
        let entry = bound.get(parameter);
        if (entry?.value !== value)
          bound.set(parameter, (entry = { value, tensor: new ort.Tensor("float32", value, [...parameter.shape]) }));
        given[name] = entry.tensor;
      }
      const fetches: Record<string, Ort.Tensor | null> = {};
      for (const { name } of outputs) fetches[name] = null;
      for (const { parts } of lists)
        for (const { name, view, shape } of parts) fetches[name] = new ort.Tensor("float32", view, [...shape]);
      const got = await session.run(given, fetches);
      const values = {} as Record<keyof O, Float32Array>;
      for (const [name, value] of Object.entries(results))
        if (value instanceof Tensor) values[name as keyof O] = got[`out.${name}`].data as Float32Array;
      for (const { name, flat, parts } of lists) {
        for (const part of parts) {
          const data = got[part.name].data as Float32Array;
          if (data.buffer !== flat.buffer) part.view.set(data);
        }
        values[name] = flat;
      }
      return values;
    },
    toOnnx: (metadata) =>
      lower(
        inputList,
        outputs.map(({ name, tensor }) => ({ name: name.replace(/^out\./, ""), tensor })),
        { freeze: true, metadata },
      ).bytes,
    async release() {
      const running = started;
      started = null;
      bound.clear();
      await (await running)?.session.release();
    },
  };
}

function feedTensor(ort: typeof Ort, t: Tensor, feed: Feed | undefined): Ort.Tensor {
  const name = t.attributes.name as string;
  if (feed === undefined) throw new Error(`The input "${name}" ${showShape(t.shape)} was not given.`);
  const values = typeof feed === "number" ? [feed] : feed;
  if (values.length !== sizeOf(t.shape))
    throw new Error(`The input "${name}" takes ${sizeOf(t.shape)} values ${showShape(t.shape)}, got ${values.length}.`);
  const data =
    t.dtype === "float32"
      ? values instanceof Float32Array
        ? values
        : Float32Array.from(values)
      : t.dtype === "int32"
        ? values instanceof Int32Array
          ? values
          : Int32Array.from(values)
        : Uint8Array.from(values);
  return new ort.Tensor(t.dtype, data as never, [...t.shape]);
}
