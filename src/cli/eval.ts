import { resolve } from "node:path";
import { resolveDataset } from "../data/index.js";
import { saveGrid } from "../io/index.js";
import {
  type Evaluation,
  evaluateModel,
  evaluateReconstruction,
  measureReference,
  nearestTraining,
  type Reference,
} from "../methods/evaluate.js";
import { extractorFor } from "../methods/extractors.js";
import type { ImageModel } from "../methods/index.js";
import { imageSize } from "../methods/shared/model-files.js";
import type { MetricReport } from "../metrics/index.js";
import type { DeviceName } from "../runtime/index.js";
import { downloadProgress } from "./data.js";
import { openModel } from "./models.js";
import { printJson, printTable, say, UsageError } from "./output.js";

export interface EvalCommand {
  data?: string;
  /** `classifier`, `resnet50-imagenet`, `pixel-pca`, a classifier's folder or an ONNX file. */
  features: string;
  /** Samples, and test images at most. */
  count: number;
  steps?: number[];
  guidance?: number;
  seed: number;
  /** Where a sheet of samples beside their nearest training images goes. */
  neighbours?: string;
  device?: DeviceName | "auto";
  json?: boolean;
}

/**
 * Measures a model, at one or several numbers of steps, against the test images of its data. With `json`, prints one
 * `Evaluation`, or a list of them for several numbers of steps.
 */
export async function evalCommand(location: string, command: EvalCommand): Promise<void> {
  const { features, count, steps, guidance, seed, neighbours, device, json } = command;
  const model = await openModel(location, device);
  const { onProgress, stop } = downloadProgress();
  try {
    const { height, width, channels } = imageSize(model.config);
    const dataset = await resolveDataset(dataOf(model, command), { size: [height, width], channels, onProgress });
    const extractor = await extractorFor(features, dataset, { device, onProgress });
    try {
      if (!json) say(`Measuring real images of ${dataset.id} …`);
      if (extractor && !json) say(`Features: ${extractor.name}; ${extractor.preprocessing}.`);
      const reference = await measureReference(dataset, extractor, { limit: count, onProgress });
      const evaluations: Evaluation[] = [];
      const reconstruction = await evaluateReconstruction(model, reference, seed);
      if (reconstruction && !json) {
        say(`${model.config.name}: ${reconstruction[0].n} test images, encoded and decoded`);
        showMetrics(reconstruction);
      }
      for (const step of steps ?? [undefined]) {
        const evaluation = await evaluateModel(model, reference, { count, steps: step, guidance, seed });
        evaluations.push(reconstruction ? { ...evaluation, reconstruction } : evaluation);
        if (!json) show(evaluation);
      }
      if (neighbours) await saveNeighbours(neighbours, model, reference, { guidance, steps: steps?.[0], seed });
      if (json) printJson(evaluations.length === 1 ? evaluations[0] : evaluations);
    } finally {
      await extractor?.release();
    }
  } finally {
    stop();
    await model.release();
  }
}

function dataOf({ config }: ImageModel, { data = config.training?.data as string | undefined }: EvalCommand): string {
  if (typeof data !== "string")
    throw new UsageError(`${config.name} does not say what it was trained on; give the images with --data.`);
  return data;
}

const SAMPLES_ON_SHEET = 16;

async function saveNeighbours(
  out: string,
  model: ImageModel,
  reference: Reference,
  options: { guidance?: number; steps?: number; seed: number },
): Promise<void> {
  const images = await model.sample({ ...options, count: SAMPLES_ON_SHEET });
  const { pixels, columns } = await nearestTraining(images, reference);
  const path = resolve(out);
  const [count, ...image] = images.shape;
  await saveGrid(path, pixels, [count * columns, ...image], { columns, scale: images.height <= 32 ? 2 : 1 });
  say(`Samples (left) and their nearest training images: ${path}`);
}

const figure = (value: number) => Number(value.toPrecision(4));

function show({ model, data, count, nfe, metrics }: Evaluation): void {
  say(`${model}: ${count} samples of ${nfe} network evaluation${nfe === 1 ? "" : "s"} each, against ${data}`);
  showMetrics(metrics);
}

function showMetrics(metrics: readonly MetricReport[]): void {
  printTable(
    ["metric", "value", "95 % interval", "real against real"],
    metrics.map(({ name, value, interval, floor }: MetricReport) => [
      name,
      figure(value),
      interval ? interval.map(figure).join(" … ") : "",
      floor === null ? "" : figure(floor),
    ]),
  );
}
