import { loadTokenizer, requireTokens } from "../data/tokens/tokenizer.js";
import { fromBlocks, inBlocks, weightShapes } from "../io/blocks.js";
import { sha256Of } from "../io/checksum.js";
import type { FetchOptions } from "../io/fetch.js";
import { requireKnown } from "../io/known.js";
import { type SafetensorsHeader, safetensorsChunks } from "../io/safetensors.js";
import { show } from "../io/show.js";
import { OptionError } from "../io/wrong-use.js";
import { type CompileOptions, deviceNames } from "../runtime/index.js";
import { type Architecture, describedNetwork, requireWeights, type Weights } from "./architecture.js";
import { type LighterWeights, type ModelConfig, parseConfig, weightsFile } from "./config.js";
import { isPlace, isSource, isUrl, type ModelPlace, type ModelSource, modelPlace, sourceName } from "./location.js";
import { readWeights, requireFinite } from "./read-weights.js";
import { type StoredType, storedType, type WeightType } from "./weight-types.js";

export type { Weights } from "./architecture.js";
export { imageSize, type ModelConfig } from "./config.js";
export {
  isUrl,
  locationName,
  type ModelBlobs,
  type ModelPlace,
  type ModelSource,
  NoSuchModel,
  SNAPSHOT,
  shippedModelsFolder,
  sourceName,
} from "./location.js";
export type { WeightType } from "./weight-types.js";

export interface ModelFiles {
  config: ModelConfig;
  weights: Weights;
}

/** A model as its files have it. */
export interface ReadModel extends ModelFiles {
  /** How its weights are stored. */
  stored: StoredType;
}

/** How a model is loaded: what it computes with and, for one at a URL, how it is fetched. */
export interface LoadOptions extends Omit<CompileOptions, "check" | "watch">, FetchOptions {
  /** Loads a run that was stopped as its newest checkpoint is, with its average where it has one; default false. */
  checkpoint?: boolean;
  /**
   * Which weights are read, where a model has them once more in less room (`fewstep export --lighter`): the `original`
   * ones (default), or the `lightest` of those that were measured to draw as well: what is loaded from a URL to draw, unless the
   * original ones are asked for.
   */
  weights?: (typeof WEIGHTS)[number];
}

const WEIGHTS = ["original", "lightest"] as const;

const LOADING_FILES = ["device", "threads", "worker", "freeze", "signal"];
const LOADING = [...LOADING_FILES, "onProgress", "maxBytes", "timeout", "attempts", "checkpoint", "weights"];

/** Throws where a location or options are none, or an option is unknown or cannot be. @throws OptionError */
function requireLoading(location: unknown, options: LoadOptions): void {
  if (!isSource(location))
    throw new OptionError(
      `A model is loaded from its config.json and model.safetensors as blobs, or by its name, folder or URL, got ${show(location)}.`,
    );
  const known = typeof location === "string" ? LOADING : [...LOADING_FILES, ...(isPlace(location) ? ["weights"] : [])];
  requireKnown(`loading ${sourceName(location)}`, options, known);
  const { device = "auto", threads, worker, checkpoint, weights, signal, ...numbers } = options;
  if (device !== "auto" && !deviceNames.includes(device))
    throw new OptionError(`There is no device ${show(device)}; choose "auto" or one of ${deviceNames.join(", ")}.`);
  if (worker !== undefined && typeof worker !== "boolean" && worker !== "auto")
    throw new OptionError(`worker must be true, false or "auto", got ${show(worker)}.`);
  if (checkpoint !== undefined && typeof checkpoint !== "boolean")
    throw new OptionError(`checkpoint must be true or false, got ${show(checkpoint)}.`);
  if (weights !== undefined && !WEIGHTS.includes(weights))
    throw new OptionError(`weights must be "original" or "lightest", got ${show(weights)}.`);
  const { attempts, maxBytes, timeout } = numbers;
  for (const [name, value] of Object.entries({ threads, attempts }))
    if (value !== undefined && !(Number.isInteger(value) && value >= 1))
      throw new OptionError(`${name} must be a whole number of at least 1, got ${show(value)}.`);
  for (const [name, value] of Object.entries({ maxBytes, timeout }))
    if (value !== undefined && !(typeof value === "number" && value > 0))
      throw new OptionError(`${name} must be a number above 0, got ${show(value)}.`);
  signal?.throwIfAborted();
}

/** Bytes of a config.json at most: a tokenizer may take a few millions. */
const MAX_CONFIG = 16e6;

/**
 * A model by shipped name, path, URL or its files: config.json, once, and model.safetensors. Reads numbers and JSON only.
 * `choose` says how a model so described is rebuilt, or throws. The description is checked, and compared with the
 * header of the weights, before any of these are read; the weights are compared with its checksum, if it has one (not
 * on pages without cryptography, see `sha256Of`), and must be finite.
 */
export async function readModel(
  location: ModelSource,
  choose: (config: ModelConfig) => Architecture,
  options: LoadOptions = {},
): Promise<ReadModel> {
  requireLoading(location, options);
  const { signal } = options;
  const place = await modelPlace(location, options);
  const config = await readConfig(place);
  signal?.throwIfAborted();
  const described = place.show("config.json");
  const architecture = choose(config);
  const { shape, net } = describedNetwork(architecture, config, described);
  const { vocabulary } = architecture.says(shape);
  if (config.text && vocabulary !== undefined)
    await naming(described, async () => requireTokens(await loadTokenizer(config.text?.tokenizer), vocabulary));
  const accept = ({ entries }: SafetensorsHeader) => requireWeights(net, weightShapes(entries));
  const lighter = options.weights === "lightest" ? lightestEqual(config) : undefined;
  const { sha256 } = lighter ?? config;
  const file = weightsFile(lighter?.dtype);
  const { weights, stored } = await place.reading(file, (reader) =>
    naming(place.show(file), async () => {
      const { tensors } = await readWeights(reader, accept, sha256);
      const weights = fromBlocks(tensors);
      requireFinite(weights);
      return { weights, stored: storedType(tensors) };
    }),
  );
  signal?.throwIfAborted();
  return { config, weights, stored };
}

/** Options of a model that is loaded to draw: from a URL, with the lightest weights unless others are asked for. */
export const drawingWeights = <T extends LoadOptions>(location: ModelSource, options: T): T =>
  typeof location === "string" && isUrl(location) ? { ...options, weights: options.weights ?? "lightest" } : options;

/** The smallest of the weights that draw as well as the model's own; none: these. */
const lightestEqual = ({ lighter = [] }: ModelConfig): LighterWeights | undefined =>
  lighter.filter(({ equal }) => equal).sort((a, b) => a.bytes - b.bytes)[0];

/** Errors of a damaged file name it; those of a transfer do so already. */
async function naming<T>(file: string, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    if ((error as Error).constructor !== Error) throw error;
    throw new Error(`${file}: ${(error as Error).message}`, { cause: error });
  }
}

/** Only the description of a model. */
export const readModelConfig = async (
  location: string,
  options?: FetchOptions & Pick<LoadOptions, "checkpoint">,
): Promise<ModelConfig> => readConfig(await modelPlace(location, options));

const readConfig = async (place: ModelPlace): Promise<ModelConfig> =>
  parseConfig(place.show("config.json"), await place.reading("config.json", (reader) => reader.rest(MAX_CONFIG)));

/** The file of weights, in pieces. */
export function weightsChunks(weights: Weights, dtype: WeightType): Uint8Array[] {
  if (dtype === "float32" || dtype === "float16") return safetensorsChunks(weights, { dtype });
  return safetensorsChunks(inBlocks(weights, dtype), { dtype: "float16" });
}

/** Weights that go beside a model's own. */
export interface Lighter extends Pick<LighterWeights, "dtype" | "equal"> {
  chunks: Uint8Array[];
}

const describedLighter = async ({ dtype, equal, chunks }: Lighter): Promise<LighterWeights> => ({
  dtype,
  bytes: chunks.reduce((sum, { byteLength }) => sum + byteLength, 0),
  sha256: (await sha256Of(chunks))!,
  equal,
});

/**
 * Writes a model folder: weights, and config.json with their checksum; `lighter`: weights that go beside them. The old model
 * stays until the new one is complete.
 */
export async function writeModel(
  folder: string,
  { config: { lighter: _, ...config }, weights }: ModelFiles,
  { dtype = "float16", lighter = [] }: { dtype?: WeightType; lighter?: readonly Lighter[] } = {},
): Promise<void> {
  const { join } = await import("node:path");
  const { makeFolder, writeFileAtomic } = await import("../io/atomic.js");
  await makeFolder(folder);
  const chunks = weightsChunks(weights, dtype);
  for (const { dtype, chunks } of lighter) await writeFileAtomic(join(folder, weightsFile(dtype)), chunks);
  const described = {
    ...config,
    sha256: (await sha256Of(chunks))!,
    ...(lighter.length > 0 && { lighter: await Promise.all(lighter.map(describedLighter)) }),
  };
  await writeFileAtomic(join(folder, weightsFile()), chunks);
  await writeFileAtomic(join(folder, "config.json"), `${JSON.stringify(described, null, 2)}\n`);
}
