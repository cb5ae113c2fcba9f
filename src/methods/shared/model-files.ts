/** The part of a model's config.json that every method shares. */
export interface ModelConfig {
  format: 1;
  method: string;
  name: string;
  /** Of models of images. */
  image?: { height: number; width: number; channels: 1 | 3 };
  /** Of models of text: the tokenizer, and whether a sample is one line. */
  text?: { tokenizer: unknown; lines: boolean };
  classNames: string[] | null;
  /** What the method's own loader needs to rebuild the network. */
  network: unknown;
  /** How it was trained: data, seconds, steps, command. */
  training: Record<string, unknown>;
}

/** Size of a model's images; throws where it draws none. */
export function imageSize({ name, image }: ModelConfig): NonNullable<ModelConfig["image"]> {
  if (!image) throw new Error(`${name} draws text, not images.`);
  return image;
}

export type Weights = Record<string, { shape: number[]; data: Float32Array }>;

export interface ModelFiles {
  config: ModelConfig;
  weights: Weights;
}

const inNode = typeof process !== "undefined" && process.versions?.node !== undefined;

/** A model folder by shipped name, path or URL: config.json and model.safetensors. Reads numbers and JSON only. */
export async function readModel(location: string): Promise<ModelFiles> {
  const read = await readerOf(location);
  const config = parseConfig(location, await read("config.json"));
  const { decodeSafetensors } = await import("../../io/safetensors.js");
  const { tensors } = decodeSafetensors(await read("model.safetensors"));
  const weights: Weights = {};
  for (const [name, { shape, data }] of Object.entries(tensors)) weights[name] = { shape, data: data as Float32Array };
  return { config, weights };
}

/** Only the description of a model. */
export const readModelConfig = async (location: string): Promise<ModelConfig> =>
  parseConfig(location, await (await readerOf(location))("config.json"));

const readerOf = async (location: string) =>
  /^https?:/.test(location) || !inNode ? fetcher(location) : localReader(location);

function parseConfig(location: string, bytes: Uint8Array): ModelConfig {
  const text = new TextDecoder().decode(bytes);
  let config: ModelConfig;
  try {
    config = JSON.parse(text);
  } catch (error) {
    throw new Error(`${location}/config.json is not JSON: ${(error as Error).message}`);
  }
  if (config.format !== 1 || typeof config.method !== "string")
    throw new Error(
      `${location}/config.json is no model of this version (format ${config.format}, method ${config.method}).`,
    );
  return config;
}

function fetcher(base: string) {
  return async (file: string): Promise<Uint8Array> => {
    const url = `${base.replace(/\/$/, "")}/${file}`;
    const response = await fetch(url);
    if (!response.ok) throw new Error(`${url}: ${response.status} ${response.statusText}`);
    return new Uint8Array(await response.arrayBuffer());
  };
}

/** Folders that hold shipped models: beside the package's code. */
export async function shippedModelsFolder(): Promise<string> {
  const { fileURLToPath } = await import("node:url");
  return fileURLToPath(new URL("../../../models/", import.meta.url));
}

async function localReader(location: string) {
  const { existsSync, readdirSync } = await import("node:fs");
  const { readFile } = await import("node:fs/promises");
  const { join, resolve } = await import("node:path");
  const shipped = await shippedModelsFolder();
  // A run's folder keeps its model in `model/`.
  const folder = [resolve(location), resolve(location, "model"), join(shipped, location)].find(
    (f) => existsSync(join(f, "config.json")) && existsSync(join(f, "model.safetensors")),
  );
  if (!folder) {
    const names = existsSync(shipped)
      ? readdirSync(shipped, { withFileTypes: true })
          .filter((d) => d.isDirectory())
          .map((d) => d.name)
      : [];
    throw new Error(
      `There is no model "${location}": neither a folder with config.json and model.safetensors nor a shipped one (${names.join(", ") || "none"}).`,
    );
  }
  return async (file: string): Promise<Uint8Array> => readFile(join(folder, file));
}

/** Writes a model folder: float16 weights and config.json. The old model stays until the new one is complete. */
export async function writeModel(folder: string, { config, weights }: ModelFiles): Promise<void> {
  const { join } = await import("node:path");
  const { makeFolder, writeFileAtomic } = await import("../../io/atomic.js");
  const { saveSafetensors } = await import("../../io/safetensors-file.js");
  await makeFolder(folder);
  await saveSafetensors(join(folder, "model.safetensors"), weights, { dtype: "float16" });
  await writeFileAtomic(join(folder, "config.json"), `${JSON.stringify(config, null, 2)}\n`);
}
