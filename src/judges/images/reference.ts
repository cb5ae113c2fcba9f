import { type ImageDataset, type ImageSplit, type Progress, toFloat } from "../../data/index.js";
import { requireKnown } from "../../io/known.js";
import { many } from "../../io/show.js";
import { OptionError, WrongUse } from "../../io/wrong-use.js";
import { type FeatureMetric, type Features, features, pixelGradients } from "../../metrics/index.js";
import { mean } from "../../metrics/quantile.js";
import { Random } from "../../random/index.js";
import { pause } from "../../runtime/pause.js";
import type { Extractor } from "../extractors/index.js";
import { pixelPca } from "../extractors/pixels.js";
import { extractSplit, WIDE } from "./chunks.js";

/** One feature space with what real images look like in it. */
interface Space {
  extractor: Extractor;
  metrics: readonly FeatureMetric[];
  test: Features;
  /** Null where the extractor is no classifier of these classes. */
  testLogits: Float32Array | null;
  train: Features;
}

/** What real images look like to an extractor; measured once for any number of models. */
export interface Reference {
  dataset: ImageDataset;
  /** The extractor's space if there is one, the principal components of the pixels, and those of `others`. */
  spaces: Space[];
  testLabels: Uint16Array | null;
  /** The test images, by row of their split. */
  testRows: Uint32Array;
  /** Mean pixel gradient of the test images, and of as many training images. */
  gradients: { test: number; train: number };
}

export interface ReferenceOptions {
  /** Test images at most (10,000). */
  limit?: number;
  /**
   * Training images at most, for the floors and the nearest neighbours. Default: all; with wide features as many as
   * `limit`.
   */
  trainLimit?: number;
  /** Further judges, in whose spaces only the Fréchet distance is measured; of three spaces there is a mean, FDr. */
  others?: readonly Extractor[];
  onProgress?: Progress;
  /** Aborting ends the work between two of its parts; the promise rejects with the signal's reason. */
  signal?: AbortSignal;
}

/**
 * Measures real images: shuffled test images, and training images for the floors and the nearest neighbours. Without an
 * extractor only the pixels are measured.
 */
export async function measureReference(
  dataset: ImageDataset,
  extractor: Extractor | null,
  options: ReferenceOptions = {},
): Promise<Reference> {
  requireKnown("measureReference", options, ["limit", "trainLimit", "others", "onProgress", "signal"]);
  const { limit = 10_000, trainLimit, others = [], onProgress, signal } = options;
  for (const [name, value] of Object.entries({ limit, trainLimit }))
    if (value !== undefined && !(Number.isInteger(value) && value >= 2))
      throw new OptionError(`${name} must be a whole number of at least 2, got ${value}.`);
  for (const part of ["test", "train"] as const)
    if (dataset[part].count < 2)
      throw new WrongUse(`${dataset.id} has ${many(dataset[part].count, `${part} image`)}; two at least are compared.`);
  signal?.throwIfAborted();
  const shuffled = (split: ImageSplit, label: string, most: number) =>
    new Random(0, label).permutation(split.count).slice(0, most);
  const testRows = shuffled(dataset.test, "test", limit);
  const trainRows = shuffled(dataset.train, "train", trainLimit ?? ((extractor?.dim ?? 0) > WIDE ? limit : Infinity));

  const pixels = toFloat(dataset.test, testRows);
  await pause(signal);
  const pca = pixelPca(pixels, testRows.length);
  await pause(signal);
  const test = features(pixels, pixels.length / testRows.length);
  const train = features(toFloat(dataset.train, trainRows.slice(0, testRows.length)), test.dim);
  const gradients = { test: meanGradient(test, dataset), train: meanGradient(train, dataset) };

  const space = async (
    extractor: Extractor,
    metrics: readonly FeatureMetric[],
    rows: Uint32Array = trainRows,
  ): Promise<Space> => {
    const measure = (split: ImageSplit, rows: Uint32Array, what: string) =>
      extractSplit(extractor, split, rows, signal, (done) =>
        onProgress?.({ task: `${extractor.name}: ${what} images`, done, total: rows.length, unit: "images" }),
      );
    const { values, logits } = await measure(dataset.test, testRows, "test");
    return {
      extractor,
      metrics,
      test: features(values, extractor.dim),
      testLogits: logits,
      train: features((await measure(dataset.train, rows, "training")).values, extractor.dim),
    };
  };
  const { labels } = dataset.test;
  const spaces = extractor
    ? [await space(extractor, ["frechet", "kid", "prdc", "neighbours"]), await space(pca, ["frechet"])]
    : [await space(pca, ["frechet", "prdc", "neighbours"])];
  for (const other of others)
    spaces.push({ ...(await space(other, ["frechet"], trainRows.slice(0, testRows.length))), testLogits: null });
  return {
    dataset,
    spaces,
    testLabels: labels && Uint16Array.from(testRows, (row) => labels[row]),
    testRows,
    gradients,
  };
}

const meanGradient = (images: Features, { height, width, channels }: ImageDataset): number =>
  mean(pixelGradients(images, { height, width, channels, layout: "CHW" }));
