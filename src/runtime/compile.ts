import { input, type Parameter } from "../tensor/leaves.js";
import { describe, type Shape, showShape, sizeOf } from "../tensor/shape.js";
import { type DType, Tensor } from "../tensor/tensor.js";
import { toData } from "../tensor/values.js";
import { type Executor, execute, type InputValue } from "./executor.js";
import { currentValue, lower } from "./lower.js";
import type { ParameterEntry } from "./parameters.js";
import { finiteProbe, type Probe, watchProbe } from "./probe.js";
import { releasable } from "./release.js";
import type { DeviceName } from "./runtime.js";
import { executeAnywhere, executeInWorker } from "./worker.js";

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
   * with, or declare it with `await using`. "auto": in a worker where one can be started, else in this thread. Default
   * false; for models that are loaded on a page "auto".
   */
  worker?: boolean | "auto";
  /**
   * Parameters whose present values become constants of the graph (true: all): faster, blind to later updates. For
   * sampling, and for networks that a loss looks through.
   */
  freeze?: boolean | Iterable<Parameter>;
  /**
   * "finite": a run fails where a tensor of the graph is infinite or NaN, and names the first one, with what it is made
   * of. For finding faults: every tensor is read once more.
   */
  check?: "finite";
  /** Is given the values of every tensor that `watch` names and an output depends on, after each run. */
  watch?(name: string, values: Float32Array, shape: Shape): void;
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

const OPTIONS: readonly string[] = [
  "device",
  "threads",
  "worker",
  "freeze",
  "check",
  "watch",
] satisfies (keyof CompileOptions)[];

/** Of wider options those that `compile` takes. */
export const compileOptions = (options: CompileOptions): CompileOptions =>
  Object.fromEntries(Object.entries(options).filter(([name]) => OPTIONS.includes(name)));

/** Builds a graph on inputs of these shapes. @throws as `compile` does. */
export function traced<I extends string, O extends GraphOutputs>(
  specs: Record<I, InputSpec>,
  build: (inputs: Record<I, Tensor>) => O,
): { inputs: Tensor[]; results: O } {
  const inputs = makeInputs(specs);
  if (typeof build !== "function")
    throw new Error(`compile: its second argument is a function of the inputs, got ${describe(build)}.`);
  return { inputs: Object.values(inputs), results: build(inputs) };
}

/**
 * Traces `build` once and compiles the graph; the session is created at the first run. Shapes are static. @throws where
 * a spec is no shape, `build` returns no tensors by name (it cannot be async), or there is no such option.
 */
export function compile<I extends string, O extends GraphOutputs>(
  specs: Record<I, InputSpec>,
  build: (inputs: Record<I, Tensor>) => O,
  options: CompileOptions = {},
): Program<I, O> {
  checkOptions(options);
  const { inputs: inputList, results } = traced(specs, build);
  const outputs: { name: string; tensor: Tensor }[] = [];
  const lists = new Map<string, Float32Array>();
  const into = new Map<string, Float32Array>();
  for (const [name, value] of outputsOf(results)) {
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
  const probes = probesOf(
    outputs.map(({ tensor }) => tensor),
    options,
  );
  const all = [...outputs, ...probes.flatMap((probe) => probe.outputs)];

  async function start(): Promise<{ executor: Executor; parameters: { name: string; parameter: Parameter }[] }> {
    const { bytes, parameters } = lower(inputList, all, { freeze: options.freeze, simplified: true });
    const shapes = all.map(({ name, tensor: { shape } }) => ({ name, shape }));
    const job = { bytes, outputs: shapes, device: options.device, threads: options.threads };
    const run = { false: execute, true: executeInWorker, auto: executeAnywhere }[`${options.worker ?? false}`];
    return { executor: await run(job, into), parameters };
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
      checkFeeds(feeds, specs);
      const { executor, parameters } = await (started ??= start());
      const given: Record<string, InputValue> = {};
      for (const t of inputList) given[t.attributes.name] = feedValue(t, feeds[t.attributes.name as I]);
      for (const { name, parameter } of parameters)
        given[name] = { dtype: "float32", shape: parameter.shape, data: currentValue(parameter, name) };
      const got = await executor.run(given);
      for (const probe of probes) probe.inspect(got);
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

function checkOptions(options: CompileOptions): void {
  const unknown = Object.keys(options).find((name) => !OPTIONS.includes(name));
  if (unknown !== undefined)
    throw new Error(`compile: there is no option "${unknown}"; there are ${OPTIONS.join(", ")}.`);
  const { freeze, check, watch } = options;
  if (check !== undefined && check !== "finite")
    throw new Error(`compile: check can be "finite", got ${describe(check)}.`);
  if (watch !== undefined && typeof watch !== "function")
    throw new Error(`compile: watch is a function of name, values and shape, got ${describe(watch)}.`);
  if (freeze === undefined || typeof freeze === "boolean") return;
  if (typeof freeze !== "object" || !(Symbol.iterator in freeze))
    throw new Error(
      `compile: freeze is true, false or the parameters to freeze, such as network.parameters, got ${describe(freeze)}.`,
    );
}

const probesOf = (roots: readonly Tensor[], { watch, check }: CompileOptions): Probe[] => [
  ...(watch ? [watchProbe(roots, watch)] : []),
  ...(check ? [finiteProbe(roots)] : []),
];

function makeInputs<I extends string>(specs: Record<I, InputSpec>): Record<I, Tensor> {
  if (typeof specs !== "object" || specs === null || Array.isArray(specs))
    throw new Error(`compile: its first argument gives each input's shape by name, got ${describe(specs)}.`);
  const inputs = {} as Record<I, Tensor>;
  for (const [name, spec] of Object.entries(specs) as [I, InputSpec][]) {
    if (spec === null || spec === false) continue;
    const full = typeof spec === "object" && !Array.isArray(spec);
    const { shape, dtype } = full
      ? (spec as { shape: Shape; dtype: DType })
      : { shape: spec, dtype: "float32" as const };
    try {
      inputs[name] = input(name, shape as Shape, dtype);
    } catch (error) {
      throw new Error(
        `compile: the input "${name}" needs a shape, or a shape and a dtype. ${(error as Error).message}`,
      );
    }
  }
  return inputs;
}

/** What `build` returned, by name. */
function outputsOf(results: GraphOutputs): [string, Tensor | readonly Tensor[]][] {
  const wanted = "build must return its outputs by name, such as { loss } or { loss, gradients }";
  if (typeof (results as { then?: unknown } | undefined)?.then === "function")
    throw new Error("compile: build is async, but a graph is traced in one go; await what it needs before compile.");
  if (typeof results !== "object" || results === null || results instanceof Tensor || Array.isArray(results))
    throw new Error(`compile: ${wanted}, got ${results instanceof Tensor ? "a tensor" : describe(results)}.`);
  const entries = Object.entries(results);
  if (entries.length === 0) throw new Error(`compile: ${wanted}, got none.`);
  for (const [name, value] of entries) {
    const list = Array.isArray(value) ? (value as readonly Tensor[]) : [value];
    const wrong = list.find((t) => !(t instanceof Tensor));
    if (wrong === undefined && !list.includes(undefined as never)) continue;
    throw new Error(
      `compile: the output "${name}" is a tensor or a flat list of tensors; got ${list === value ? "a list with " : ""}${describe(wrong)}.`,
    );
  }
  return entries;
}

/** Throws where something is fed that the program never heard of; what a spec of null does without may be fed. */
function checkFeeds(feeds: unknown, specs: Record<string, InputSpec>): void {
  const names = Object.keys(specs);
  const all = names.length > 0 ? names.join(", ") : "none";
  if (typeof feeds !== "object" || feeds === null || Array.isArray(feeds) || ArrayBuffer.isView(feeds))
    throw new Error(`run takes the inputs' values by name (${all}), got ${describe(feeds)}.`);
  for (const [name, feed] of Object.entries(feeds))
    if (feed !== undefined && !Object.hasOwn(specs, name))
      throw new Error(`There is no input "${name}" to feed; the inputs are: ${all}.`);
}

/**
 * Checks and converts what is fed to an input. @throws where it is missing, is no flat list of numbers, has another
 * number of them, or has values that the input's dtype would change.
 */
export function feedValue({ attributes: { name }, shape, dtype }: Tensor, feed: Feed | undefined): InputValue {
  if (feed === undefined) throw new Error(`The input "${name}" ${showShape(shape)} was not given.`);
  const data = toData(feed, dtype, `The input "${name}"`);
  if (data.length !== sizeOf(shape))
    throw new Error(`The input "${name}" takes ${sizeOf(shape)} values ${showShape(shape)}, got ${data.length}.`);
  return { dtype, shape, data };
}
