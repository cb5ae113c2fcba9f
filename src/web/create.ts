import { requireKnown } from "../io/known.js";
import { show } from "../io/show.js";
import { OptionError } from "../io/wrong-use.js";
import { type Kind, requireKind } from "../models/generator.js";
import { isSource, type ModelBlobs } from "../models/location.js";
import { getWasmFolder } from "../runtime/device.js";
import { inNode } from "../runtime/environment.js";
import { deviceNames } from "../runtime/runtime.js";
import { sayIfSlow } from "./device.js";
import type { AnyWebGenerator, CreateOptions, WebGenerator } from "./generator.js";
import { type Other, remoteGenerator } from "./remote.js";

const KNOWN = ["kind", "device", "threads", "worker", "cache", "onProgress", "signal"];

/** @throws OptionError */
function requireOptions(source: unknown, options: CreateOptions): void {
  if (!isSource(source))
    throw new OptionError(
      `A generator is made of a model folder's URL, or of its config.json and model.safetensors as blobs; got ${show(source)}.`,
    );
  requireKnown("createGenerator", options, KNOWN);
  const { device = "auto", threads, kind } = options;
  if (device !== "auto" && !deviceNames.includes(device))
    throw new OptionError(`There is no device ${show(device)}; choose "auto", "webgpu" or "wasm".`);
  if (threads !== undefined && !(Number.isInteger(threads) && threads >= 1))
    throw new OptionError(`threads must be a whole number of at least 1, got ${show(threads)}.`);
  for (const name of ["worker", "cache"] as const)
    if (options[name] !== undefined && typeof options[name] !== "boolean")
      throw new OptionError(`${name} must be true or false, got ${show(options[name])}.`);
  requireKind(kind);
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

/**
 * Loads a model to draw with on a web page, from the URL of its folder or from its files: in a worker of its own, with
 * WebGPU where there is a hardware GPU, else with WebAssembly. Files from a URL are kept in the browser. A generator
 * holds its worker and its memory until `dispose()`.
 * @throws OptionError, NoSuchModel, FetchError, or what a damaged file is refused with
 */
export function createGenerator<K extends Kind>(
  source: string | ModelBlobs,
  options: CreateOptions<K> & { kind: K },
): Promise<WebGenerator<K>>;
export function createGenerator(source: string | ModelBlobs, options?: CreateOptions): Promise<AnyWebGenerator>;
export async function createGenerator(
  source: string | ModelBlobs,
  options: CreateOptions = {},
): Promise<AnyWebGenerator> {
  requireOptions(source, options);
  const place = typeof source === "string" ? absolute(source) : source;
  const other = options.worker === false ? null : await tryWorker(options);
  const folder = getWasmFolder();
  const generator = other
    ? await remoteGenerator(other, place, options, folder === undefined ? undefined : absolute(folder))
    : await (await import("./local.js")).openGenerator(place, options);
  sayIfSlow(generator, options.threads);
  return generator;
}

/** A worker has another address than its page, which addresses are meant from. */
const absolute = (url: string): string =>
  typeof document !== "undefined" && URL.canParse(url, document.baseURI) ? new URL(url, document.baseURI).href : url;

async function tryWorker({ worker }: CreateOptions): Promise<Other | null> {
  const able = !inNode && typeof Worker !== "undefined";
  if (worker && !able) throw new OptionError("worker is true, but there are no Web Workers here; leave it out.");
  if (worker === undefined && (noWorkers || !able)) return null;
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
