import type * as Ort from "onnxruntime-web";
import { inNode } from "./environment.js";
import { firstLine } from "./error.js";
import { type GpuAdapter, gpuAdapters, isUsable } from "./gpu.js";
import type { Native } from "./native.js";
import { ProtoWriter } from "./protobuf.js";
import { type DeviceName, deviceNames, type Runtime } from "./runtime.js";
import { createSession } from "./session.js";

let wasmFolder: string | undefined;

/**
 * Where a web page serves the files `ort-wasm*` of the package `onnxruntime-web` (its `dist` folder), as a URL that
 * ends in `/`; default: beside the script. To be called before the first run.
 */
export function setWasmFolder(url: string | undefined): void {
  wasmFolder = url;
}
export const getWasmFolder = (): string | undefined => wasmFolder;

/**
 * The WebAssembly runtime. A browser's WebGPU has a build of its own, with the same GPU kernels as the native package;
 * those of the package's default build get several ops wrong.
 */
export async function webOrt(device: "wasm" | "webgpu" = "wasm"): Promise<typeof Ort> {
  const ort = await (inNode
    ? (await import("./native.js")).webOrtOfNode()
    : device === "webgpu"
      ? import("onnxruntime-web/webgpu")
      : import("onnxruntime-web/wasm"));
  if (wasmFolder !== undefined) ort.env.wasm.wasmPaths = wasmFolder;
  return ort;
}

const runtimes = new Map<string, Promise<Runtime>>();

/**
 * Loads the runtime of a device. "auto" takes a hardware GPU if there is one that works, else the native CPU, else
 * WASM; never a software GPU. Throws an error that says what is missing and what there is instead.
 */
export function resolveRuntime(device: DeviceName | "auto" = "auto"): Promise<Runtime> {
  let runtime = runtimes.get(device);
  if (!runtime) {
    runtime = device === "auto" ? automatic() : named(device);
    runtimes.set(device, runtime);
    runtime.catch(() => runtimes.delete(device));
  }
  return runtime;
}

async function automatic(): Promise<Runtime> {
  for (const device of await candidates()) {
    try {
      return await start(device);
    } catch {
      // this one does not work here: on to the next
    }
  }
  return start("wasm");
}

/** Devices that this machine seems to have, best first, found without starting one. */
async function candidates(): Promise<DeviceName[]> {
  const gpus = await gpuAdapters().catch((): GpuAdapter[] => []);
  const usable = gpus.some(isUsable);
  if (!inNode) return usable ? ["webgpu", "wasm"] : ["wasm"];
  const { cudaInstalled, nativeOrNull } = await import("./native.js");
  const native = await nativeOrNull();
  if (!native) return ["wasm"];
  const listed = native.listSupportedBackends().map(({ name }) => name);
  const cuda = gpus.some(({ name }) => name.startsWith("NVIDIA")) && cudaInstalled(); // CUDA needs no graphics driver
  return [
    ...(cuda ? (["cuda"] as const) : []),
    ...(["webgpu", "dml"] as const).filter((name) => usable && listed.includes(name)),
    "cpu",
    "wasm",
  ];
}

async function named(device: DeviceName): Promise<Runtime> {
  if (!deviceNames.includes(device))
    throw new Error(`There is no device "${device}"; choose "auto" or one of ${deviceNames.join(", ")}.`);
  try {
    return await start(device);
  } catch (error) {
    throw new Error(
      `The device "${device}" is not available here: ${firstLine(error)}. Available: ${(await candidates()).join(", ")}.`,
    );
  }
}

async function native(): Promise<Native> {
  if (!inNode) throw new Error("native devices need Node.js");
  return (await import("./native.js")).nativeOrt();
}

/** Loads the package of a device and, but for CPU and WASM, runs a tiny session to be sure that the device works. */
export async function start(device: DeviceName): Promise<Runtime> {
  const web = device === "wasm" || (!inNode && device === "webgpu");
  const runtime: Runtime = web
    ? { device, package: "onnxruntime-web", ort: await webOrt(device === "webgpu" ? "webgpu" : "wasm") }
    : { device, package: "onnxruntime-node", ort: await native() };
  if (!web && device !== "cpu") await requireProvider(runtime.ort as Native, device);
  if (device !== "cpu" && device !== "wasm") await tryOut(runtime);
  return runtime;
}

const PROVIDER_NEEDS: Partial<Record<DeviceName, string>> = {
  cuda: "an NVIDIA GPU and ONNX Runtime's CUDA libraries (run: node node_modules/onnxruntime-node/script/install.js)",
  coreml: "macOS",
  dml: "Windows",
};

async function requireProvider(native: Native, device: DeviceName): Promise<void> {
  const listed = native.listSupportedBackends().map(({ name }) => name);
  if (!listed.includes(device))
    throw new Error(
      `this build of onnxruntime-node has ${listed.join(", ")}; "${device}" needs ${PROVIDER_NEEDS[device]}`,
    );
  if (device === "cuda" && !(await import("./native.js")).cudaInstalled())
    throw new Error(`it needs ${PROVIDER_NEEDS.cuda}`);
}

/** Runs 2·x on a device. Throws where the session does not start or the answer is wrong. */
export async function tryOut(runtime: Runtime): Promise<void> {
  const { ort, device } = runtime;
  try {
    const session = await createSession(runtime, doubling());
    const { y } = await session.run({ x: new ort.Tensor("float32", Float32Array.of(1, 2, 3, 4), [4]) });
    const ok = [2, 4, 6, 8].every((value, i) => (y.data as Float32Array)[i] === value);
    await session.release();
    if (!ok) throw new Error("a first computation came out wrong");
  } catch (error) {
    const needs = PROVIDER_NEEDS[device] ?? "a GPU with a Vulkan, Metal or Direct3D 12 driver";
    throw new Error(`it needs ${needs}; the runtime says: ${firstLine(error)}`);
  }
}

/** The ONNX model y = x + x on four numbers. */
function doubling(): Uint8Array {
  const value = (w: ProtoWriter, field: number, name: string) =>
    w.message(field, (v) =>
      v
        .string(1, name)
        .message(2, (t) => t.message(1, (e) => e.int(1, 1).message(2, (s) => s.message(1, (d) => d.int(1, 4))))),
    );
  return new ProtoWriter()
    .int(1, 10)
    .message(7, (graph) => {
      graph.message(1, (n) => n.string(1, "x").string(1, "x").string(2, "y").string(4, "Add")).string(2, "doubling");
      value(graph, 11, "x");
      value(graph, 12, "y");
    })
    .message(8, (opset) => opset.string(1, "").int(2, 21))
    .finish()
    .slice();
}
