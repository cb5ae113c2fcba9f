import { existsSync } from "node:fs";
import { isAbsolute } from "node:path";
import { z } from "zod";
import { type ImageDataset, listDatasets, resolveDataset, resolveMotion } from "../data/index.js";
import { made } from "../data/motion/made.js";
import type { MotionDataset } from "../data/motion-dataset.js";
import { readingOptions, textOptions } from "../data/origin.js";
import type { DataReport } from "../data/report.js";
import { quantised } from "../data/tokens/pixels.js";
import { imageSize, type ModelConfig } from "../models/files.js";
import type { ImageGenerator } from "../models/generator.js";
import { dataDifferences, readDataRecord } from "../train/index.js";
import type { downloadProgress } from "./data.js";
import { UsageError } from "./output.js";

/** What a model is measured against: what was asked for, or else what it was trained on. */
export async function dataOf({ name, text, motion, training }: ModelConfig, asked?: string): Promise<string> {
  const data = asked ?? training?.data;
  if (typeof data !== "string")
    throw new UsageError(
      `${name} does not say what it was trained on; give the ${text ? "text" : motion ? "motions" : "images"} with --data.`,
    );
  if (asked === undefined && isAbsolute(data) && !existsSync(data))
    throw new UsageError(`The data that ${name} was trained on are not at ${data} any more; say where with --data.`);
  // As imported models, which say a name of their authors'
  if (asked === undefined && !existsSync(data) && !(await listDatasets()).some(({ id }) => id === data))
    throw new UsageError(
      `${name} was trained on "${data}", which cannot be fetched here; say where it is with --data.`,
    );
  return data;
}

const reading = z.object({
  background: readingOptions.background,
  frames: readingOptions.frames,
  skipBroken: readingOptions.skipBroken,
  encoding: textOptions.encoding,
  longLines: textOptions.longLines,
});

/** How a model's training data were read, but for what the model itself says. */
export const readingOf = ({ training }: ModelConfig): z.infer<typeof reading> =>
  reading.catch({}).parse(training.reading ?? {});

/**
 * Throws where a model would be measured against what it was trained on, and that is not what it was. `location` may be
 * the run's folder, which tells what differs.
 */
export async function requireTrainedOn(
  { name, training }: ModelConfig,
  location: string,
  { report, asked }: { report?: DataReport; asked?: string },
): Promise<void> {
  if (asked !== undefined || !report || typeof training.dataSha256 !== "string") return;
  if (report.sha256 === training.dataSha256) return;
  const before = await readDataRecord(location);
  throw new Error(
    `${report.path} is not what ${name} was trained on${before ? `: ${dataDifferences(before, report)}` : ""}. Give --data ` +
      `${report.path} to measure against it as it is now.`,
  );
}

/** The images that a model of images was trained on, or others. */
export async function imagesFor(
  model: ImageGenerator,
  location: string,
  asked: string | undefined,
  onProgress: ReturnType<typeof downloadProgress>["onProgress"],
): Promise<ImageDataset> {
  const { height, width, channels } = imageSize(model.config);
  const images = await resolveDataset(await dataOf(model.config, asked), {
    ...readingOf(model.config),
    size: [height, width],
    channels,
    onProgress,
  });
  await requireTrainedOn(model.config, location, { report: images.report, asked });
  return images;
}

/** The motions that a model was trained on, or others; of those that are made about `each` to test with of every action. */
export async function motionsFor(
  config: ModelConfig,
  location: string,
  asked: string | undefined,
  { each, onProgress }: { each: number } & Pick<ReturnType<typeof downloadProgress>, "onProgress">,
): Promise<MotionDataset> {
  const data = await dataOf(config, asked);
  if (Object.hasOwn(made, data)) return made[data].make({ onProgress }, each);
  const { skipBroken } = asked === undefined ? readingOf(config) : {};
  const dataset = await resolveMotion(data, { skipBroken, onProgress });
  await requireTrainedOn(config, location, { report: dataset.report, asked });
  return dataset;
}

/** Images in the levels that a model can draw: what its samples are compared with. */
export const asDrawn = ({ levels }: ImageGenerator, images: ImageDataset): ImageDataset =>
  levels ? quantised(images, levels) : images;
