import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Progress } from "../data/index.js";
import { draws, loadModel } from "../methods/load.js";
import { methodOf } from "../methods/registry.js";
import { type ModelConfig, NoSuchModel, readModelConfig, shippedModelsFolder } from "../models/files.js";
import type { AnyGenerator } from "../models/generator.js";
import { INSTALL_MODELS } from "../models/shipped.js";
import type { DeviceName } from "../runtime/index.js";
import { downloadProgress } from "./data.js";
import { ALONE, type Hands } from "./hands.js";
import { printJson, printTable, say, UsageError } from "./output.js";

/**
 * Loads a model that draws, with progress where it is fetched; `hands` draw with it. A place that holds none is wrong
 * use, all else a failure.
 */
export const openModel = async (
  location: string,
  device?: DeviceName | "auto",
  checkpoint?: boolean,
  hands: Hands = ALONE,
): Promise<AnyGenerator> => {
  const model = await opening((onProgress) => loadModel(location, { device, checkpoint, onProgress }));
  const { steps, stage } = model.config.training;
  if (checkpoint) say(`${location} as it is at step ${steps}, in the stage "${stage}".`);
  return hands.model(model, { location, device, checkpoint });
};

/** Shows the progress of what `open` fetches; a place without such a model is wrong use. */
export async function opening<T>(open: (onProgress: Progress) => Promise<T>): Promise<T> {
  const { onProgress, stop } = downloadProgress();
  try {
    return await open(onProgress);
  } catch (error) {
    if (error instanceof NoSuchModel) throw new UsageError(error.message, { cause: error });
    throw error;
  } finally {
    stop();
  }
}

const answers = ({ method }: ModelConfig): boolean => methodOf(method)?.answers ?? false;

/** The shipped models that draw or answer, by folder name; classifiers only judge. */
export async function shippedModels(): Promise<{ name: string; folder: string; config: ModelConfig }[]> {
  const root = await shippedModelsFolder();
  if (root === null) return [];
  const found = await Promise.all(
    (await readdir(root)).sort().map(async (name) => {
      const folder = join(root, name);
      const config = await readModelConfig(folder).catch(() => null);
      return config && (draws(config) || answers(config)) ? [{ name, folder, config }] : [];
    }),
  );
  return found.flat();
}

/** Lists the shipped models. */
export async function modelsCommand({ json }: { json?: boolean }): Promise<void> {
  const rows = await Promise.all(
    (await shippedModels()).map(
      async ({ name, folder, config, config: { method, image, motion, gesture, network, classNames, training } }) => ({
        name,
        method,
        size: image
          ? `${answers(config) ? "answers about " : ""}${image.width}×${image.height}×${image.channels}`
          : motion
            ? `motion, ${motion.fps} frames a second`
            : gesture
              ? `gestures, ${gesture.fps} frames a second`
              : `${(network as { length: number }).length} tokens of text`,
        classes: classNames?.length ?? 0,
        data: String(training.data),
        megabytes: Number(((await stat(join(folder, "model.safetensors"))).size / 1e6).toFixed(1)),
      }),
    ),
  );
  if (json) return printJson(rows);
  if (rows.length === 0) return say(NO_MODELS);
  printTable(
    ["model", "method", "draws or answers", "classes", "trained on", "MB"],
    rows.map((row) => Object.values(row)),
  );
}

export const NO_MODELS = `There are no models here; get them (${INSTALL_MODELS}) or train one (fewstep train --help).`;
