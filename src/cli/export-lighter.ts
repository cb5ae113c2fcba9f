import { resolve } from "node:path";
import { BLOCK_TYPES } from "../io/blocks.js";
import { judgesFor } from "../judges/extractors/index.js";
import { type Evaluation, evaluateModel, measureReference, requireSameSize } from "../judges/images/index.js";
import { draws, loadModel } from "../methods/load.js";
import { type Lighter, type ModelConfig, type ReadModel, weightsChunks, writeModel } from "../models/files.js";
import type { ImageGenerator } from "../models/generator.js";
import { isFiner } from "../models/weight-types.js";
import { downloadProgress } from "./data.js";
import { asDrawn, imagesFor } from "./model-data.js";
import { printJson, say, UsageError } from "./output.js";

interface LighterCommand {
  out: string;
  /** Test images; default: what the model was trained on. */
  data?: string;
  /** As of `eval`; default `classifier`. */
  features?: string;
  /** Samples of each comparison; default 10,000. */
  count?: number;
  json?: boolean;
}

/** Distances by which weights are compared. */
const isDistance = ({ name }: { name: string }) => name.startsWith("Fréchet distance on");

/**
 * Writes a model of images into a new folder with its weights as they are, and beside them in blocks of 8 and of 4 bits. Each is
 * measured by the same samples: one whose Fréchet distances are all at most the upper end of the 95 % interval of the
 * original's draws as well, and is what a page fetches.
 */
export async function exportLighter(location: string, files: ReadModel, { out, json, ...asked }: LighterCommand) {
  const { data, features = "classifier", count = 10_000 } = asked;
  const { config, weights, stored } = files;
  if (draws(config) !== "image")
    throw new UsageError(`${location} draws no images, by which lighter weights are compared; use --dtype alone.`);
  const dtype = stored === "bfloat16" ? "float32" : stored;
  const { onProgress, stop } = downloadProgress();
  await using original = await loaded(config, weightsChunks(weights, dtype));
  try {
    const dataset = asDrawn(original, await imagesFor(original, location, data, onProgress));
    requireSameSize(original, dataset);
    const [extractor = null, ...others] = await judgesFor(features, dataset, { onProgress });
    try {
      const reference = await measureReference(dataset, extractor, { limit: count, others, onProgress });
      const measured = (one: ImageGenerator) =>
        evaluateModel(one, reference, { sample: { count, seed: 0 }, metrics: ["frechet"] });
      const limits = await measured(original);
      if (!json) tell(stored, limits);
      const lighter: (Lighter & { figures: Evaluation })[] = [];
      for (const dtype of BLOCK_TYPES.filter((dtype) => isFiner(stored, dtype))) {
        const chunks = weightsChunks(weights, dtype);
        await using rounded = await loaded(config, chunks);
        const figures = await measured(rounded);
        const equal = isEqual(limits, figures);
        if (!json) tell(`${dtype}, ${equal ? "as good" : "worse"}`, figures);
        lighter.push({ dtype, equal, figures, chunks });
      }
      await writeModel(out, files, { dtype, lighter });
      const measurements = lighter.map(({ chunks: _, ...one }) => one);
      if (json) printJson({ model: config.name, out: resolve(out), original: limits, lighter: measurements });
      else say(`${config.name} → ${resolve(out)}`);
    } finally {
      for (const one of [extractor, ...others]) await one?.release();
    }
  } finally {
    stop();
  }
}

/** A model of images with these weights, which no file has yet. */
const loaded = ({ sha256: _, ...config }: ModelConfig, chunks: Uint8Array[]): Promise<ImageGenerator> =>
  loadModel(
    { "config.json": new Blob([JSON.stringify(config)]), "model.safetensors": new Blob(chunks as BlobPart[]) },
    { kind: "image" },
  );

/** Whether no Fréchet distance is above the original's interval. */
function isEqual({ metrics }: Evaluation, rounded: Evaluation): boolean {
  const limits = new Map(metrics.filter(isDistance).map(({ name, interval }) => [name, interval![1]]));
  return rounded.metrics.filter(isDistance).every(({ name, value }) => value <= limits.get(name)!);
}

function tell(what: string, { metrics }: Evaluation): void {
  const figures = metrics.filter(isDistance).map(({ name, value, interval }) => {
    const [low, high] = interval!.map((end) => end.toPrecision(3));
    return `${name.replace(/^.* on /, "")} ${value.toPrecision(3)} (${low} … ${high})`;
  });
  say(`${what}: Fréchet distance on ${figures.join("; ")}`);
}
