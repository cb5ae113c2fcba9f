import { loadModel } from "../../../src/methods/load.js";
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

/**
 * Draws names with a shipped model: how many workers were started for it, and how many turns the page had meanwhile.
 * `broken`: on a page that cannot start any.
 */
async function draws(broken: boolean): Promise<{ texts: string[]; workers: number; turns: number }> {
  const Native = window.Worker;
  let [workers, turns, drawing] = [0, 0, true];
  window.Worker = class extends Native {
    constructor(url: string | URL, options?: WorkerOptions) {
      super(broken ? "/no-such-file.js" : url, options);
      if (!broken) workers++;
    }
  };
  try {
    await using model = await loadModel(new URL("/models/duo-names", document.baseURI).href, {
      kind: "text",
      device: "wasm",
      threads: 1,
    });
    await model.sample({ steps: 1 });
    const timer = (async () => {
      for (; drawing; turns++) await new Promise((resolve) => setTimeout(resolve));
    })();
    const { strings } = await model.sample({ count: 2, steps: 16, seed: 1 });
    drawing = false;
    await timer;
    return { texts: [...strings], workers, turns };
  } finally {
    window.Worker = Native;
  }
}

export const api = {
  draws,
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
