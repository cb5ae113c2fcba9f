import type * as Ort from "onnxruntime-web";
import type { Shape } from "../tensor/shape.js";
import type { DType } from "../tensor/tensor.js";
import type { TensorData } from "../tensor/values.js";
import { resolveRuntime } from "./device.js";
import type { DeviceName } from "./runtime.js";
import { createSession } from "./session.js";

export interface InputValue {
  readonly dtype: DType;
  readonly shape: Shape;
  readonly data: TensorData;
}

/** An ONNX model and what to run it on. */
export interface Job {
  readonly bytes: Uint8Array;
  /** Names and shapes of the float32 outputs. */
  readonly outputs: readonly { readonly name: string; readonly shape: Shape }[];
  readonly device?: DeviceName | "auto";
  readonly threads?: number;
}

/** A running model. */
export interface Executor {
  run(inputs: Record<string, InputValue>): Promise<Record<string, Float32Array>>;
  release(): Promise<void>;
}

/**
 * Starts a model in this thread. Outputs that have an entry in `into` are written there, the others freshly allocated.
 * An input whose array is the one of the run before keeps its tensor.
 */
export async function execute(job: Job, into: ReadonlyMap<string, Float32Array> = new Map()): Promise<Executor> {
  const runtime = await resolveRuntime(job.device);
  const { ort } = runtime;
  const session = await createSession(runtime, job.bytes, { threads: job.threads });
  const fetches: Record<string, Ort.Tensor | null> = {};
  // The native runtime fills outputs that it is given (and returns copies of them); the web runtime leaves them as they
  // are
  const given = runtime.package === "onnxruntime-node" ? into : new Map<string, Float32Array>();
  for (const { name, shape } of job.outputs) {
    const view = given.get(name);
    fetches[name] = view ? new ort.Tensor("float32", view, [...shape]) : null;
  }
  const bound = new Map<string, { data: TensorData; tensor: Ort.Tensor }>();
  const running = new Set<Promise<unknown>>();
  return {
    async run(inputs) {
      const feeds: Record<string, Ort.Tensor> = {};
      for (const [name, { dtype, shape, data }] of Object.entries(inputs)) {
        let entry = bound.get(name);
        if (entry?.data !== data) {
          const own = unshared(data);
          entry = { data, tensor: new ort.Tensor(dtype, own as never, [...shape]) };
          if (own === data) bound.set(name, entry);
        }
        feeds[name] = entry.tensor;
      }
      const run = session.run(feeds, fetches);
      running.add(run);
      const results = await run.finally(() => running.delete(run));
      const values: Record<string, Float32Array> = {};
      for (const { name } of job.outputs) {
        const data = results[name].data as Float32Array;
        const view = into.get(name);
        if (view && !given.has(name)) view.set(data);
        values[name] = view ?? data;
      }
      return values;
    },
    async release() {
      await Promise.allSettled(running); // a session in use cannot be freed
      await session.release();
    },
  };
}

/** The native runtime takes no shared memory. */
const unshared = <T extends TensorData>(data: T): T =>
  typeof SharedArrayBuffer !== "undefined" && (data.buffer as unknown) instanceof SharedArrayBuffer
    ? (data.slice() as T)
    : data;
