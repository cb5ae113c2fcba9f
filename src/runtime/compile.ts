import { input, type Parameter } from "../tensor/leaves.js";
import { type Shape, showShape, sizeOf } from "../tensor/shape.js";
import { type DType, Tensor } from "../tensor/tensor.js";
import { type Executor, execute, type InputValue, type TensorData } from "./executor.js";
import { currentValue, lower } from "./lower.js";
import type { ParameterEntry } from "./parameters.js";
import { releasable } from "./release.js";
import type { DeviceName } from "./runtime.js";
import { executeInWorker } from "./worker.js";

/** An input's shape (float32), or its shape and dtype; null or false for an input that this graph does without. */
export type InputSpec = Shape | { readonly shape: Shape; readonly dtype: DType } | null | false;
/** What a graph returns by name: a tensor, or a list of tensors that comes back as one flat vector (gradients). */
export type GraphOutputs = Record<string, Tensor | readonly Tensor[]>;
/** Values of a run: row-major float32 (integers and booleans converted); a scalar is an array of one. */
export type Values<O> = { [K in keyof O]: Float32Array };
export type Feed = Float32Array | Int32Array | Uint8Array | readonly number[] | number;

/** What is computed with. */
export interface Compute {
  device?: DeviceName | "auto";
  /** Threads of the native or WASM runtime; default: the environment's `FEWSTEP_THREADS`, else all cores. */
  threads?: number;
}
export const computeOf = ({ device, threads }: Compute): Compute => ({ device, threads });

export interface CompileOptions extends Compute {
  /**
   * Runs the session in a worker thread (Node) or Web Worker, so that this thread's event loop stays free. Parameters
   * that are not frozen are copied to it at each run. Each session has a worker of its own, which holds about 48 MB,
   * four descriptors and a thread until `release()`; garbage collection does not end it. Release what you are done
   * with, or declare it with `await using`.
   */
  worker?: boolean;
  /**
   * Parameters whose present values become constants of the graph (true: all): faster, blind to later updates. For
   * sampling, and for networks that a loss looks through.
   */
  freeze?: boolean | Iterable<Parameter>;
}

export interface Program<I extends string, O> extends AsyncDisposable {
  readonly inputs: Record<I, { shape: Shape; dtype: DType }>;
  /** Creates the session, which the first run does otherwise. */
  start(): Promise<void>;
  /**
   * Runs the graph once. The native and WASM runtimes block the thread that runs them (see `worker`). Lists of tensors
   * (gradients) come back in a buffer that the next run overwrites; everything else is freshly allocated.
   */
  run(feeds: Record<I, Feed>): Promise<Values<O>>;
  /**
   * The graph as an ONNX model with the parameters' present values inside, under the names of `parameters` (such as
   * `network.parameters`) where given.
   */
  toOnnx(metadata?: Record<string, string>, parameters?: { readonly entries: readonly ParameterEntry[] }): Uint8Array;
  /** Frees the session and ends its worker. */
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
  const inputList = Object.values(inputs) as Tensor[];
  const outputs: { name: string; tensor: Tensor }[] = [];
  const lists = new Map<string, Float32Array>();
  const into = new Map<string, Float32Array>();
  for (const [name, value] of Object.entries(results)) {
    if (value instanceof Tensor) {
      outputs.push({ name: `out.${name}`, tensor: value });
      continue;
    }
    const flat = new Float32Array(value.reduce((n, t) => n + t.size, 0));
    let at = 0;
    value.forEach((tensor, i) => {
      const part = `out.${name}.${i}`;
      outputs.push({ name: part, tensor });
      into.set(part, flat.subarray(at, (at += tensor.size)));
    });
    lists.set(name, flat);
  }

  async function start(): Promise<{ executor: Executor; parameters: { name: string; parameter: Parameter }[] }> {
    const { bytes, parameters } = lower(inputList, outputs, { freeze: options.freeze });
    const shapes = outputs.map(({ name, tensor: { shape } }) => ({ name, shape }));
    const job = { bytes, outputs: shapes, device: options.device, threads: options.threads };
    return { executor: await (options.worker ? executeInWorker : execute)(job, into), parameters };
  }
  let started: ReturnType<typeof start> | null = null;

  return releasable({
    inputs: Object.fromEntries(
      inputList.map((t) => [t.attributes.name, { shape: t.shape, dtype: t.dtype }]),
    ) as Program<I, O>["inputs"],
    async start() {
      await (started ??= start());
    },
    async run(feeds: Record<I, Feed>) {
      const { executor, parameters } = await (started ??= start());
      const given: Record<string, InputValue> = {};
      for (const t of inputList) given[t.attributes.name] = feedValue(t, feeds[t.attributes.name as I]);
      for (const { name, parameter } of parameters)
        given[name] = { dtype: "float32", shape: parameter.shape, data: currentValue(parameter, name) };
      const got = await executor.run(given);
      return Object.fromEntries(
        Object.keys(results).map((name) => [name, lists.get(name) ?? got[`out.${name}`]]),
      ) as Values<O>;
    },
    toOnnx(metadata?: Record<string, string>, parameters?: { readonly entries: readonly ParameterEntry[] }) {
      const names = new Map(parameters?.entries.map(({ parameter, name }) => [parameter, name]));
      const named = outputs.map(({ name, tensor }) => ({ name: name.replace(/^out\./, ""), tensor }));
      return lower(inputList, named, { freeze: true, metadata, nameOf: (parameter) => names.get(parameter) }).bytes;
    },
    async release() {
      const running = started;
      started = null;
      await (await running?.catch(() => null))?.executor.release();
    },
  });
}

/** Checks and converts what is fed to an input. Throws where it is missing or has another number of values. */
export function feedValue({ attributes: { name }, shape, dtype }: Tensor, feed: Feed | undefined): InputValue {
  if (feed === undefined) throw new Error(`The input "${name}" ${showShape(shape)} was not given.`);
  const values = typeof feed === "number" ? [feed] : feed;
  if (values.length !== sizeOf(shape))
    throw new Error(`The input "${name}" takes ${sizeOf(shape)} values ${showShape(shape)}, got ${values.length}.`);
  return { dtype, shape, data: convert(values, dtype) };
}

function convert(values: ArrayLike<number>, dtype: DType): TensorData {
  if (dtype === "float32") return values instanceof Float32Array ? values : Float32Array.from(values);
  if (dtype === "int32") return values instanceof Int32Array ? values : Int32Array.from(values);
  return Uint8Array.from(values);
}
