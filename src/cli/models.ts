import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { draws, type ImageModel, loadModel } from "../methods/index.js";
import { type ModelConfig, readModelConfig, shippedModelsFolder } from "../methods/shared/model-files.js";
import type { DeviceName } from "../runtime/index.js";
import { checked, printJson, printTable, say, UsageError } from "./output.js";

/** What the model at a place draws. A place that holds none that draws is wrong use. */
export const whatItDraws = (location: string): Promise<"images" | "text"> =>
  checked(async () => {
    const config = await readModelConfig(location);
    const what = draws(config);
    if (!what) throw new Error(`${location}: a "${config.method}" model draws no images and no text.`);
    return what;
  });

/** Loads a model that draws images. A place that holds none is wrong use; damaged weights are a failure. */
export async function openModel(location: string, device?: DeviceName | "auto"): Promise<ImageModel> {
  if ((await whatItDraws(location)) === "text") throw new UsageError(`${location} draws text, not images.`);
  return loadModel(location, { device });
}

/** What a model is measured against: what was asked for, or else what it was trained on. */
export function dataOf({ name, text, training }: ModelConfig, asked = training?.data): string {
  if (typeof asked !== "string")
    throw new UsageError(
      `${name} does not say what it was trained on; give the ${text ? "text" : "images"} with --data.`,
    );
  return asked;
}

/** The shipped models that draw, by folder name; classifiers only judge. */
export async function shippedModels(): Promise<{ name: string; folder: string; config: ModelConfig }[]> {
  const root = await shippedModelsFolder();
  const found = await Promise.all(
    (await readdir(root).catch(() => [])).sort().map(async (name) => {
      const folder = join(root, name);
      const config = await readModelConfig(folder).catch(() => null);
      return config && draws(config) ? [{ name, folder, config }] : [];
    }),
  );
  return found.flat();
}

/** Lists the shipped models. */
export async function modelsCommand({ json }: { json?: boolean }): Promise<void> {
  const rows = await Promise.all(
    (await shippedModels()).map(async ({ name, folder, config: { method, image, network, classNames, training } }) => ({
      name,
      method,
      size: image
        ? `${image.width}×${image.height}×${image.channels}`
        : `${(network as { length: number }).length} tokens of text`,
      classes: classNames?.length ?? 0,
      data: String(training.data),
      megabytes: Number(((await stat(join(folder, "model.safetensors"))).size / 1e6).toFixed(1)),
    })),
  );
  if (json) return printJson(rows);
  if (rows.length === 0) return say(NO_MODELS);
  printTable(
    ["model", "method", "draws", "classes", "trained on", "MB"],
    rows.map((row) => Object.values(row)),
  );
}

export const NO_MODELS = "This copy ships no models; train one: fewstep train --help";
