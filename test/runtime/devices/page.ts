import { gpuAdapters } from "../../../src/runtime/gpu.js";
import { compile, resolveRuntime, setWasmFolder } from "../../../src/runtime/index.js";
import { runCases } from "./cases.js";
import { decodeTimes } from "./latency.js";
import { optimizerUpdates } from "./optimizer.js";

setWasmFolder("/ort/");

/** A program in a Web Worker. */
async function inWebWorker(): Promise<number[]> {
  const program = compile({ x: [2] }, ({ x }) => ({ y: x.mul(2) }), { device: "wasm", worker: true });
  const { y } = await program.run({ x: [1, 2] });
  await program.release();
  return [...y];
}

export const api = {
  runCases,
  optimizerUpdates,
  gpuAdapters,
  inWebWorker,
  auto: async () => (await resolveRuntime("auto")).device,
  refused: () =>
    resolveRuntime("cuda").then(
      () => "",
      (error: Error) => error.message,
    ),
  /** Of a shipped model, in this browser's WASM. */
  decodeTimes: (model: string, repeats: number) =>
    decodeTimes(new URL(`/models/${model}`, document.baseURI).href, "wasm", repeats),
  isolated: () => crossOriginIsolated,
};
Object.assign(window, { fewstep: api });
