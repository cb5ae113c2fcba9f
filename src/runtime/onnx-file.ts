import type { InferenceSession } from "onnxruntime-web";
import { type CompileOptions, resolveRuntime } from "./index.js";

/** An ONNX file as a session on a device. @throws where there is none, or it cannot be loaded. */
export async function openSession(path: string, { device, threads }: CompileOptions): Promise<InferenceSession> {
  const { existsSync } = await import("node:fs");
  const { readFile } = await import("node:fs/promises");
  if (!existsSync(path)) throw Object.assign(new Error(`There is no file ${path}.`), { wrongUse: true });
  const runtime = await resolveRuntime(device);
  const settings: InferenceSession.SessionOptions = {
    executionProviders: [runtime.device],
    logSeverityLevel: 3,
    ...(threads === undefined ? {} : { intraOpNumThreads: threads }),
  };
  const { InferenceSession } = runtime.ort;
  try {
    // By path, the native runtime also finds weights that a large model keeps in files of their own.
    if (runtime.package === "onnxruntime-node") return await InferenceSession.create(path, settings);
    return await InferenceSession.create(await readFile(path), settings);
  } catch (error) {
    throw new Error(`${path} cannot be loaded as an ONNX model: ${(error as Error).message}`, { cause: error });
  }
}

/** Inputs or outputs of a session, for messages. */
export const showValues = (values: readonly InferenceSession.ValueMetadata[]): string =>
  values.map((v) => (v.isTensor ? `"${v.name}" ${v.type} [${v.shape}]` : `"${v.name}"`)).join(", ");
