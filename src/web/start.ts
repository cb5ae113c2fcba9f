import { requireKnown } from "../io/known.js";
import { show } from "../io/show.js";
import { OptionError } from "../io/wrong-use.js";
import { isSource, type ModelBlobs } from "../models/location.js";
import { getWasmFolder } from "../runtime/device.js";
import { inNode } from "../runtime/environment.js";
import { deviceNames } from "../runtime/runtime.js";
import type { Other } from "./conversation.js";
import type { CreateOptions } from "./generator.js";

/** What of {@link CreateOptions} is the same whatever is made. */
export type StartOptions = Omit<CreateOptions, "kind" | "weights">;

export const START: readonly string[] = ["device", "threads", "worker", "cache", "onProgress", "signal"];

/** `maker` is the function that is called, `what` what it makes. @throws OptionError */
export function requireStart(
  { maker, what, known = START }: { maker: string; what: string; known?: readonly string[] },
  source: unknown,
  options: StartOptions,
): void {
  if (!isSource(source))
    throw new OptionError(
      `${what} is made of a model folder's URL, or of its config.json and model.safetensors as blobs; got ${show(source)}.`,
    );
  requireKnown(maker, options, known);
  const { device = "auto", threads } = options;
  if (device !== "auto" && !deviceNames.includes(device))
    throw new OptionError(`There is no device ${show(device)}; choose "auto", "webgpu" or "wasm".`);
  if (threads !== undefined && !(Number.isInteger(threads) && threads >= 1))
    throw new OptionError(`threads must be a whole number of at least 1, got ${show(threads)}.`);
  for (const name of ["worker", "cache"] as const)
    if (options[name] !== undefined && typeof options[name] !== "boolean")
      throw new OptionError(`${name} must be true or false, got ${show(options[name])}.`);
  options.signal?.throwIfAborted();
}

/** Whether no worker could be started before, and that it was said. */
let noWorkers = false;

/** The package's worker, once it answers. @throws where its file is not served, or the page may start none */
function startWorker(): Promise<Other> {
  const worker = new Worker(new URL("./generator-worker.js", import.meta.url), { type: "module" });
  const failure = new AbortController();
  return new Promise<Other>((resolve, reject) => {
    worker.addEventListener("error", ({ message }) => {
      const error = new Error(`The generator's worker failed${message ? `: ${message}` : ""}.`);
      failure.abort(error);
      reject(error);
    });
    worker.addEventListener("message", () => resolve(other), { once: true });
    const other = { channel: worker, failed: failure.signal, end: () => worker.terminate() };
  });
}

/** A worker has another address than its page, which addresses are meant from. */
const absolute = (url: string): string =>
  typeof document !== "undefined" && URL.canParse(url, document.baseURI) ? new URL(url, document.baseURI).href : url;

/** The package's worker, or null where the page's own thread computes. @throws where a worker is asked for and cannot be */
async function tryWorker({ worker }: StartOptions): Promise<Other | null> {
  const able = !inNode && typeof Worker !== "undefined";
  if (worker && !able) throw new OptionError("worker is true, but there are no Web Workers here; leave it out.");
  if (worker === false || (worker === undefined && (noWorkers || !able))) return null;
  try {
    return await startWorker();
  } catch (error) {
    if (worker) throw error;
    noWorkers = true;
    console.info(
      `fewstep draws in the page's own thread, which holds the page up: ${(error as Error).message} ` +
        "Serve generator-worker.js of the package beside the script.",
    );
    return null;
  }
}

/** Where a model is, as a worker is told of it, and that worker; null where the page's own thread computes. @throws as `tryWorker` */
export async function started(source: string | ModelBlobs, options: StartOptions) {
  const other = await tryWorker(options);
  const folder = getWasmFolder();
  return {
    place: typeof source === "string" ? absolute(source) : source,
    ...{ other, wasmFolder: folder === undefined ? undefined : absolute(folder) },
  };
}
