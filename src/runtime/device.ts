import type * as Ort from "onnxruntime-web";

export type DeviceName = "cpu" | "webgpu" | "cuda" | "coreml" | "dml" | "wasm";

export interface Runtime {
  readonly device: DeviceName;
  /** Which package runs it. */
  readonly package: "onnxruntime-node" | "onnxruntime-web";
  readonly ort: typeof Ort;
}

const inNode = typeof process !== "undefined" && process.versions?.node !== undefined;

const nativeOrt = async (): Promise<typeof Ort> => {
  const name = "onnxruntime-node"; // kept out of the bundler's sight: browsers never load it
  const loaded = await import(/* @vite-ignore */ name);
  return loaded.default ?? loaded;
};
const webOrt = async (): Promise<typeof Ort> => import("onnxruntime-web");

/** Loads the runtime of a device, or the best there is for "auto". */
export async function resolveRuntime(device: DeviceName | "auto" = "auto"): Promise<Runtime> {
  if (device === "auto") {
    if (inNode) {
      try {
        return { device: "cpu", package: "onnxruntime-node", ort: await nativeOrt() };
      } catch {
        // no native package on this machine: WASM runs everywhere
      }
    }
    return { device: "wasm", package: "onnxruntime-web", ort: await webOrt() };
  }
  if (device === "wasm" || !inNode) return { device, package: "onnxruntime-web", ort: await webOrt() };
  return { device, package: "onnxruntime-node", ort: await nativeOrt() };
}
