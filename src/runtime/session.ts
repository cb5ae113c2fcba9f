import type * as Ort from "onnxruntime-web";
import type { Runtime } from "./device.js";

/** Creates a session of an ONNX model on a runtime. Denormal floats count as zero: they slow a CPU down and carry nothing. */
export function createSession({ ort, device }: Runtime, bytes: Uint8Array, threads?: number): Promise<Ort.InferenceSession> {
  return ort.InferenceSession.create(bytes, {
    executionProviders: [device],
    ...(threads === undefined ? {} : { intraOpNumThreads: threads }),
    graphOptimizationLevel: "all",
    logSeverityLevel: 3,
    extra: { session: { set_denormal_as_zero: "1" } },
  });
}
