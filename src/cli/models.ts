import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { drawsImages, type ImageModel, loadModel } from "../methods/index.js";
import { type ModelConfig, readModelConfig, shippedModelsFolder } from "../methods/shared/model-files.js";
import type { DeviceName } from "../runtime/index.js";
import { checked, printJson, printTable, say } from "./output.js";

/** Loads a model that draws images. A place that holds none is wrong use; damaged weights are a failure. */
export async function openModel(location: string, device?: DeviceName | "auto"): Promise<ImageModel> {
  await checked(async () => {
    const { method } = await readModelConfig(location);
    if (!drawsImages(method)) throw new Error(`${location}: a "${method}" model draws no images.`);
  });
  return loadModel(location, { device });
}

/** The shipped models that draw images, by folder name; classifiers only judge them. */
export async function shippedModels(): Promise<{ name: string; folder: string; config: ModelConfig }[]> {
  const root = await shippedModelsFolder();
  const found = await Promise.all(
    (await readdir(root).catch(() => [])).sort().map(async (name) => {
      const folder = join(root, name);
      const config = await readModelConfig(folder).catch(() => null);
      return config && drawsImages(config.method) ? [{ name, folder, config }] : [];
    }),
  );
  return found.flat();
}

/** Lists the shipped models. */
export async function modelsCommand({ json }: { json?: boolean }): Promise<void> {
  const rows = await Promise.all(
    (await shippedModels()).map(async ({ name, folder, config: { method, image, classNames, training } }) => ({
      name,
      method,
      size: `${image.width}×${image.height}×${image.channels}`,
      classes: classNames?.length ?? 0,
      data: String(training.data),
      megabytes: Number(((await stat(join(folder, "model.safetensors"))).size / 1e6).toFixed(1)),
    })),
  );
  if (json) return printJson(rows);
  if (rows.length === 0) return say(NO_MODELS);
  printTable(
    ["model", "method", "images", "classes", "trained on", "MB"],
    rows.map((row) => Object.values(row)),
  );
}

export const NO_MODELS = "This copy ships no models; train one: fewstep train --help";
