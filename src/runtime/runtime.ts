import type * as Ort from "onnxruntime-web";

export const deviceNames = ["cpu", "webgpu", "cuda", "coreml", "dml", "wasm"] as const;
export type DeviceName = (typeof deviceNames)[number];

export interface Runtime {
  readonly device: DeviceName;
  /** Which package runs it. */
  readonly package: "onnxruntime-node" | "onnxruntime-web";
  readonly ort: typeof Ort;
}
