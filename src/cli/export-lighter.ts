import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { BLOCK_TYPES } from "../io/blocks.js";
import { judgesFor } from "../judges/extractors/index.js";
import { type Evaluation, evaluateModel, measureReference, requireSameSize } from "../judges/images/index.js";
import { methodOf } from "../methods/registry.js";
import { type Lighter, type ModelConfig, readModel, weightsChunks, writeModel } from "../models/files.js";
import type { ImageGenerator } from "../models/generator.js";
import { isFiner } from "../models/weight-types.js";
import { downloadProgress } from "./data.js";
import { asDrawn, imagesFor } from "./model-data.js";
import { openModel } from "./models.js";
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
export async function exportLighter(location: string, { out, json, ...asked }: LighterCommand) {
  const { data, features = "classifier", count = 10_000 } = asked;
  const model = await openModel(location);
  const scratch = await mkdtemp(join(tmpdir(), "fewstep-lighter-"));
  const { onProgress, stop } = downloadProgress();
  try {
    if (model.kind !== "image")
      throw new UsageError(`${location} draws no images, by which lighter weights are compared; use --dtype alone.`);
    const dataset = asDrawn(model, await imagesFor(model, location, data, onProgress));
    requireSameSize(model, dataset);
    const [extractor = null, ...others] = await judgesFor(features, dataset, { onProgress });
    try {
      const reference = await measureReference(dataset, extractor, { limit: count, others, onProgress });
      const measured = (one: ImageGenerator) =>
        evaluateModel(one, reference, { sample: { count, seed: 0 }, metrics: ["frechet"] });
      const files = await readModel(location, ({ method }: ModelConfig) => methodOf(method)!.architecture);
      const original = await measured(model);
      if (!json) tell(files.stored, original);
      const lighter: (Lighter & { figures: Evaluation })[] = [];
      for (const dtype of BLOCK_TYPES) {
        if (!isFiner(files.stored === "bfloat16" ? "float16" : files.stored, dtype)) continue;
        const folder = join(scratch, dtype);
        await writeModel(folder, files, { dtype });
        await using rounded = (await openModel(folder)) as ImageGenerator;
        const figures = await measured(rounded);
        const equal = isEqual(original, figures);
        if (!json) tell(`${dtype}, ${equal ? "as good" : "worse"}`, figures);
        lighter.push({ dtype, equal, figures, chunks: weightsChunks(files.weights, dtype) });
      }
      const dtype = files.stored === "bfloat16" ? "float32" : files.stored;
      await writeModel(out, files, { dtype, lighter });
      if (json)
        printJson({
          model: files.config.name,
          out: resolve(out),
          original,
          lighter: lighter.map(({ dtype, equal, figures }) => ({ dtype, equal, figures })),
        });
      else say(`${files.config.name} → ${resolve(out)}`);
    } finally {
      for (const one of [extractor, ...others]) await one?.release();
    }
  } finally {
    stop();
    await model.release();
    await rm(scratch, { recursive: true, force: true });
  }
}

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
