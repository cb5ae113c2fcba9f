import { type Kind, requireKind } from "../models/generator.js";
import type { ModelBlobs } from "../models/location.js";
import { sayIfSlow } from "./device.js";
import type { AnyWebGenerator, CreateOptions, WebGenerator } from "./generator.js";
import { remoteGenerator } from "./remote.js";
import { requireStart, START, started } from "./start.js";

const KNOWN = ["kind", "weights", ...START];

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
  const { place, other, wasmFolder } = await started(source, options);
  const generator = other
    ? await remoteGenerator(other, place, options, wasmFolder)
    : await (await import("./local.js")).openGenerator(place, options);
  sayIfSlow(generator, options.threads);
  return generator;
}
