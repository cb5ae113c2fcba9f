import { type Kind, requireKind } from "../models/generator.js";
import type { ModelBlobs } from "../models/location.js";
import { getWasmFolder } from "../runtime/device.js";
import { sayIfSlow } from "./device.js";
import type { AnyWebGenerator, CreateOptions, WebGenerator } from "./generator.js";
import { remoteGenerator } from "./remote.js";
import { absolute, requireStart, START, tryWorker } from "./start.js";

const KNOWN = ["kind", ...START];

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
  requireStart({ maker: "createGenerator", what: "A generator", known: KNOWN }, source, options);
  requireKind(options.kind);
  const place = typeof source === "string" ? absolute(source) : source;
  const other = await tryWorker(options);
  const folder = getWasmFolder();
  const generator = other
    ? await remoteGenerator(other, place, options, folder === undefined ? undefined : absolute(folder))
    : await (await import("./local.js")).openGenerator(place, options);
  sayIfSlow(generator, options.threads);
  return generator;
}
