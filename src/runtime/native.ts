import { readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { isMainThread } from "node:worker_threads";
import type * as Ort from "onnxruntime-web";
import { firstLine } from "./error.js";
import { disableTelemetry } from "./telemetry.js";

export type Native = typeof Ort & { listSupportedBackends(): { name: string; bundled: boolean }[] };

/**
 * What installs the native runtime where npm has left it out without a word: its install script wants to download CUDA
 * libraries, and an optional package whose script fails is dropped.
 */
export const INSTALL_NATIVE = "ONNXRUNTIME_NODE_INSTALL=skip npm install onnxruntime-node";

/** The native runtime. Throws where the optional package is not installed or `FEWSTEP_NO_NATIVE=1` hides it. */
export async function nativeOrt(): Promise<Native> {
  if (process.env.FEWSTEP_NO_NATIVE === "1") throw new Error("FEWSTEP_NO_NATIVE=1 hides onnxruntime-node");
  disableTelemetry();
  const name = "onnxruntime-node"; // optional: there may be no such package to compile against
  try {
    const loaded = await import(name);
    return loaded.default ?? loaded;
  } catch (error) {
    throw new Error(`onnxruntime-node cannot be loaded (${INSTALL_NATIVE}): ${firstLine(error)}`);
  }
}

let told = false;

/**
 * The native runtime, or null. Its absence is said once a process, as a warning of Node's, unless it is wished for
 * (`FEWSTEP_NO_NATIVE=1`). Worker threads leave that to the thread that starts them.
 */
export async function nativeOrNull(): Promise<Native | null> {
  try {
    return await nativeOrt();
  } catch (error) {
    if (!told && isMainThread && process.env.FEWSTEP_NO_NATIVE !== "1")
      process.emitWarning(
        `fewstep computes in WebAssembly, which takes about 3 times as long: ${(error as Error).message}`,
        { code: "FEWSTEP_NO_NATIVE" },
      );
    told = true;
    return null;
  }
}

/** The WebAssembly runtime's build for Node. */
export const webOrtOfNode = (): Promise<typeof Ort> => import("onnxruntime-web");

/** Whether the native package's CUDA libraries have been downloaded; loading them to find out would print errors. */
export function cudaInstalled(): boolean {
  try {
    const folder = new URL("../bin/", `file://${createRequire(import.meta.url).resolve("onnxruntime-node")}`);
    return readdirSync(folder, { recursive: true }).some((name) => /providers_cuda\.(so|dll)$/.test(String(name)));
  } catch {
    return false;
  }
}
