import type * as Ort from "onnxruntime-web";
import { inNode } from "./environment.js";
import type { Runtime } from "./runtime.js";

export interface SessionOptions {
  /** Threads of the native or WASM runtime; default `FEWSTEP_THREADS`, else all cores. */
  threads?: number;
  /** Where outputs stay, by name; default host memory. */
  outputLocation?: Record<string, "cpu" | "gpu-buffer">;
}

/** Threads that were asked for, here or by the environment; undefined: all cores. */
export function threadsOf({ threads }: Pick<SessionOptions, "threads">): number | undefined {
  const text = inNode ? process.env.FEWSTEP_THREADS : undefined;
  const n = threads ?? (text ? Number(text) : undefined);
  if (n !== undefined && !(Number.isInteger(n) && n >= 1))
    throw new Error(
      `${threads === undefined ? "FEWSTEP_THREADS" : "threads"} must be a whole number ≥ 1, got ${threads ?? text}.`,
    );
  return n;
}

/**
 * Threads that a runtime's sessions compute with. Those of the WASM runtime are set once, by the first that asks, before
 * its first session.
 */
export async function threadsInUse(
  { ort, device, package: from }: Pick<Runtime, "ort" | "device" | "package">,
  options: Pick<SessionOptions, "threads"> = {},
): Promise<number> {
  const threads = threadsOf(options);
  // Beside a GPU one is enough, and needs no worker
  if (from === "onnxruntime-web")
    return (ort.env.wasm.numThreads ??= device === "webgpu" ? 1 : (threads ?? (await coreCount())));
  return threads ?? coreCount();
}

/**
 * What sessions are configured with. Denormal floats count as zero: they slow a CPU down and carry nothing. Threads
 * without work sleep: those that spin take a core from whatever else runs (a server answers 1.6 times as many requests
 * without), and make nothing faster that was measured.
 */
export const CONFIGURATION = { set_denormal_as_zero: "1", intra_op: { allow_spinning: "0" } };

/** Creates a session of an ONNX model on a runtime. */
export async function createSession(
  runtime: Pick<Runtime, "ort" | "device" | "package">,
  bytes: Uint8Array,
  options: SessionOptions = {},
): Promise<Ort.InferenceSession> {
  const { ort, device } = runtime;
  const threads = threadsOf(options);
  const web = runtime.package === "onnxruntime-web";
  if (web) await threadsInUse(runtime, options);
  return ort.InferenceSession.create(bytes, {
    executionProviders: [device],
    ...(threads === undefined || web ? {} : { intraOpNumThreads: threads }),
    ...(options.outputLocation && { preferredOutputLocation: options.outputLocation }),
    graphOptimizationLevel: "all",
    // One block planned for all of a run's tensors holds a quarter more than what is alive at a time, and is no faster
    enableMemPattern: false,
    logSeverityLevel: 3,
    extra: { session: CONFIGURATION },
  });
}

/** Cores for WASM threads; a browser page that is not cross-origin isolated has no shared memory, hence one. */
async function coreCount(): Promise<number> {
  if (inNode) return (await import("node:os")).availableParallelism();
  return globalThis.crossOriginIsolated ? navigator.hardwareConcurrency : 1;
}
