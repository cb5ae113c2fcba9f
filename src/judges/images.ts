import { type ImageDataset, type ImageSplit, type Progress, toFloat } from "../data/index.js";
import { toByte } from "../io/grid.js";
import { requireKnown } from "../io/known.js";
import { many, show } from "../io/show.js";
import { OptionError, WrongUse } from "../io/wrong-use.js";
import { Images } from "../media/images.js";
import {
  bootstrapMean,
  type EvaluationOptions,
  evaluateFeatures,
  type FeatureMetric,
  type Features,
  features,
  type MetricReport,
  nearestNeighbours,
  pixelGradients,
  type RandomSource,
} from "../metrics/index.js";
import { mean } from "../metrics/quantile.js";
import { imageSize } from "../models/files.js";
import type { ImageGenerator, SampleOptions } from "../models/generator.js";
import { Random } from "../random/index.js";
import type { Extractor } from "./extractors/index.js";
import { pixelPca } from "./extractors/pixels.js";
import { pause } from "./pause.js";
import { requireResamples } from "./resamples.js";

/** Features wider than this are measured with fewer images where the cost grows with the width (see `costs`). */
const WIDE = 512;
/** Images that are held as floats at a time, where not all have to be. */
const CHUNK = 1000;

/** One feature space with what real images look like in it. */
interface Space {
  extractor: Extractor;
  metrics: readonly FeatureMetric[];
  test: Features;
  testLogits: Float32Array | null;
  train: Features;
}

/** What real images look like to an extractor; measured once for any number of models. */
export interface Reference {
  dataset: ImageDataset;
  /** The extractor's space if there is one, then the principal components of the pixels. */
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
  requireKnown("measureReference", options, ["limit", "trainLimit", "onProgress", "signal"]);
  const { limit = 10_000, trainLimit, onProgress, signal } = options;
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

  const space = async (extractor: Extractor, metrics: readonly FeatureMetric[]): Promise<Space> => {
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
      train: features((await measure(dataset.train, trainRows, "training")).values, extractor.dim),
    };
  };
  const { labels } = dataset.test;
  return {
    dataset,
    spaces: extractor
      ? [await space(extractor, ["frechet", "kid", "prdc", "neighbours"]), await space(pca, ["frechet"])]
      : [await space(pca, ["frechet", "prdc", "neighbours"])],
    testLabels: labels && Uint16Array.from(testRows, (row) => labels[row]),
    testRows,
    gradients,
  };
}

/** Features of the images at `rows`, a chunk at a time. */
async function extractSplit(
  extractor: Extractor,
  split: ImageSplit,
  rows: ArrayLike<number>,
  signal?: AbortSignal,
  onChunk?: (done: number) => void,
): Promise<{ values: Float32Array; logits: Float32Array | null }> {
  const values = new Float32Array(rows.length * extractor.dim);
  const logits: Float32Array[] = [];
  for (let at = 0; at < rows.length; at += CHUNK) {
    const chunk = Array.from({ length: Math.min(CHUNK, rows.length - at) }, (_, i) => rows[at + i]);
    await pause(signal);
    const found = await extractor.extract(toFloat(split, chunk), chunk.length, { signal });
    values.set(found.features, at * extractor.dim);
    if (found.logits) logits.push(found.logits);
    onChunk?.(at + chunk.length);
  }
  return { values, logits: logits.length > 0 ? joined(logits) : null };
}

function joined(parts: readonly Float32Array[]): Float32Array {
  const all = new Float32Array(parts.reduce((n, part) => n + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

export interface EvaluateOptions {
  /** What the samples are asked for; of these 10,000 by default, their classes shared out as in the test images. */
  sample?: SampleOptions;
  /** Resamples of the bootstrap interval of the Fréchet distance; default 50, with wide features none. */
  resamples?: number;
  /** Which metrics of the feature spaces to compute; default all. */
  metrics?: readonly FeatureMetric[];
  /** Aborting ends the work between two of its parts; the promise rejects with the signal's reason. */
  signal?: AbortSignal;
}

export interface Evaluation {
  model: string;
  data: string;
  count: number;
  /** Network evaluations per image. */
  nfe: number;
  seed: number;
  metrics: MetricReport[];
  /** How well test images come back, for models that can encode. */
  reconstruction?: MetricReport[];
}

/** Draws samples and measures them against held-out images; every number comes with its real-against-real floor. */
export async function evaluateModel(
  model: ImageGenerator,
  reference: Reference,
  evaluation: EvaluateOptions = {},
): Promise<Evaluation> {
  requireKnown("evaluateModel", evaluation, ["sample", "resamples", "metrics", "signal"]);
  const { sample = {}, resamples, metrics, signal } = evaluation;
  requireEvaluation(evaluation, reference);
  const { count = 10_000, seed = 0, ...options } = sample;
  const { dataset } = reference;
  requireSameSize(model, dataset);
  if (!(Number.isInteger(count) && count >= 2))
    throw new OptionError(`count must be a whole number of at least 2 to be measured, got ${count}.`);
  const labels = labelsLike(reference, model, count, seed);
  if (labels.label && options.label !== undefined)
    throw new OptionError("Samples that are measured have the labels of the test images; leave out label.");
  const drawn = await model.sample({ ...options, count, seed, ...labels }, { signal });
  const images = sameClasses(model, dataset) ? drawn : withoutLabels(drawn);
  return {
    model: model.config.name,
    data: dataset.id,
    count,
    nfe: model.cost(options),
    seed,
    metrics: await evaluateImages(images, reference, { seed, resamples, metrics, signal }),
  };
}

/**
 * Reconstructs the reference's test images, which no training saw: peak signal-to-noise ratio per image, and the
 * Fréchet distance of the reconstructions from the images themselves. Null for models that cannot encode.
 */
export async function evaluateReconstruction(
  model: ImageGenerator,
  reference: Reference,
  seed = 0,
  { signal }: { signal?: AbortSignal } = {},
): Promise<MetricReport[] | null> {
  if (!model.reconstruct) return null;
  const { dataset, testRows, testLabels } = reference;
  requireSameSize(model, dataset);
  const { channels, height, width } = dataset;
  const labels = testLabels && Int32Array.from(testLabels);
  const original = new Images(toFloat(dataset.test, testRows), testRows.length, channels, height, width, labels);
  const images = await model.reconstruct(original, { signal });
  const size = channels * height * width;
  const rounded = roundToBytes(images.pixels);
  const ratios = Float64Array.from({ length: images.count }, (_, i) => {
    let squares = 0;
    for (let k = i * size; k < (i + 1) * size; k++) squares += ((rounded[k] - original.pixels[k]) / 2) ** 2;
    return -10 * Math.log10(Math.max(squares / size, 1e-10));
  });
  const distances = await evaluateImages(images, reference, { seed, resamples: 0, metrics: ["frechet"], signal });
  return [
    {
      name: "Reconstruction PSNR (dB)",
      value: mean(ratios),
      floor: null,
      interval: bootstrapMean(ratios, { random: new Random(seed, "reconstruction") }),
      features: "pixels",
      n: images.count,
      reference: `${dataset.id} test`,
    },
    ...distances
      .filter(({ name }) => name.startsWith("Fréchet") || name.startsWith("Accuracy"))
      .map((report) => ({ ...report, name: `Reconstructions: ${report.name}` })),
  ];
}

/**
 * Measures images, from wherever they are, against held-out ones: the metrics of the extractor's space, the Fréchet
 * distance on principal components of pixels, and sharpness. They are rounded to bytes first, as the data are.
 */
export async function evaluateImages(
  images: Images,
  reference: Reference,
  options: Omit<EvaluateOptions, "sample"> & { seed?: number } = {},
): Promise<MetricReport[]> {
  requireKnown("evaluateImages", options, ["seed", "resamples", "metrics", "signal"]);
  requireEvaluation(options, reference);
  const { seed = 0, resamples, metrics: wanted, signal } = options;
  const { dataset, spaces, testLabels } = reference;
  requireComparable(images, dataset);
  const random = new Random(seed, "evaluation");
  const rounded = roundToBytes(images.pixels);
  const reports: MetricReport[] = [];
  for (const { extractor, metrics, test, testLogits, train } of spaces) {
    const { features: values, logits } = await extractor.extract(rounded, images.count, { signal });
    const classified = logits &&
      images.labels && {
        samples: { logits, labels: images.labels },
        ...(testLogits && testLabels ? { reference: { logits: testLogits, labels: testLabels } } : {}),
      };
    const sets = { samples: features(values, extractor.dim), reference: test, train };
    const common = {
      ...costs(extractor, resamples),
      features: extractor.name,
      reference: `${dataset.id} test`,
      random,
    };
    for (const metric of metrics.filter((one) => wanted?.includes(one) ?? true)) {
      await pause(signal);
      reports.push(...evaluateFeatures(sets, { ...common, metrics: [metric] }));
    }
    if (classified) reports.push(...evaluateFeatures(sets, { ...common, metrics: [], classified }));
  }
  await pause(signal);
  return [...reports, reportSharpness(features(rounded, rounded.length / images.count), reference, random)];
}

/** Pairwise distances and eigendecompositions take minutes at 2048 dimensions: less of them there. */
const costs = (
  { dim }: Extractor,
  resamples?: number,
): Pick<EvaluationOptions, "resamples" | "kid" | "neighbourCount"> =>
  dim > WIDE ? { resamples: resamples ?? 0, kid: { subsets: 5 }, neighbourCount: 2000 } : { resamples };

function reportSharpness(samples: Features, { dataset, gradients }: Reference, random: RandomSource): MetricReport {
  const ratios = pixelGradients(samples, { ...dataset, layout: "CHW" }).map((gradient) => gradient / gradients.test);
  return {
    name: "Sharpness (pixel gradient ratio)",
    value: mean(ratios),
    floor: gradients.train / gradients.test,
    interval: bootstrapMean(ratios, { random }),
    features: "pixels",
    n: samples.count,
    reference: `${dataset.id} test`,
  };
}

const meanGradient = (images: Features, { height, width, channels }: ImageDataset): number =>
  mean(pixelGradients(images, { height, width, channels, layout: "CHW" }));

const roundToBytes = (pixels: Float32Array): Float32Array => pixels.map((x) => toByte(x) / 127.5 - 1);

const sizeOf = ({ width, height, channels }: Pick<ImageDataset, "width" | "height" | "channels">): string =>
  `${width}×${height}×${channels}`;

/** Refuses data of another size than a model draws. @throws WrongUse */
export function requireSameSize({ config }: ImageGenerator, dataset: ImageDataset): void {
  const image = imageSize(config);
  if (sizeOf(image) !== sizeOf(dataset))
    throw new WrongUse(
      `${config.name} draws images of ${sizeOf(image)}, but ${dataset.id} has ${sizeOf(dataset)}; they cannot be compared.`,
    );
}

function requireComparable(images: Images, dataset: ImageDataset): void {
  if (sizeOf(images) !== sizeOf(dataset))
    throw new Error(
      `The images are of ${sizeOf(images)}, but ${dataset.id} has ${sizeOf(dataset)}; they cannot be compared.`,
    );
}

/** Whether the classes of a model are those of the data, in the same order. */
const sameClasses = ({ classNames }: ImageGenerator, dataset: ImageDataset): boolean =>
  classNames !== null && dataset.classNames !== null && String(classNames) === String(dataset.classNames);

/** Images without their labels, which are of other classes than the data's. */
const withoutLabels = ({ pixels, count, channels, height, width }: Images): Images =>
  new Images(pixels, count, channels, height, width);

const METRICS: readonly FeatureMetric[] = ["frechet", "kid", "prdc", "neighbours"];

/** @throws OptionError where a metric is none, or none of the reference, or the resamples are no number of them. */
function requireEvaluation(
  { metrics, resamples }: Pick<EvaluateOptions, "metrics" | "resamples">,
  { spaces }: Pick<Reference, "spaces">,
): void {
  if (metrics !== undefined && !Array.isArray(metrics))
    throw new OptionError(`metrics must be a list of ${METRICS.join(", ")}, got ${show(metrics)}.`);
  const unknown = metrics?.find((metric) => !METRICS.includes(metric));
  if (unknown !== undefined)
    throw new OptionError(`There is no metric ${show(unknown)}; choose of ${METRICS.join(", ")}.`);
  const missing = metrics?.find((metric) => !spaces.some((space) => space.metrics.includes(metric)));
  if (missing !== undefined)
    throw new OptionError(`${show(missing)} is measured in the space of an extractor, and the reference has none.`);
  requireResamples(resamples);
}

/**
 * Labels for the samples in the shares, and from the names, of the test images' classes; none where the model has other
 * classes.
 */
function labelsLike(
  { dataset, testLabels }: Reference,
  model: ImageGenerator,
  count: number,
  seed: number,
): { label?: string[] } {
  const { classNames } = model;
  if (!testLabels || !classNames || !sameClasses(model, dataset)) return {};
  const order = new Random(seed, "labels").permutation(testLabels.length);
  return { label: Array.from({ length: count }, (_, i) => classNames[testLabels[order[i % order.length]]]) };
}

/** Rows of a sheet that shows whether anything is copied. */
export interface NeighbourSheet {
  /** [count · columns, channels, height, width] in [−1, 1]: each sample, then its nearest training images. */
  pixels: Float32Array;
  columns: number;
  /** Distances in feature space, nearest first: [count, neighbours]. */
  distances: Float64Array;
}

export interface NeighbourOptions {
  /** Training images beside each sample; default 5, or as many as there are. */
  neighbours?: number;
  /** Training images that are searched; default all, with wide features 10,000. */
  among?: number;
  onProgress?: Progress;
  /** Aborting ends the work between two of its parts; the promise rejects with the signal's reason. */
  signal?: AbortSignal;
}

/** Samples and, beside each, its nearest training images in the reference's first feature space. */
export async function nearestTraining(
  images: Images,
  { dataset, spaces: [{ extractor }] }: Pick<Reference, "dataset" | "spaces">,
  options: NeighbourOptions = {},
): Promise<NeighbourSheet> {
  requireComparable(images, dataset);
  const { train } = dataset;
  requireKnown("nearestTraining", options, ["neighbours", "among", "onProgress", "signal"]);
  const { among = extractor.dim > WIDE ? 10_000 : train.count, onProgress, signal } = options;
  if (!(Number.isInteger(among) && among >= 1))
    throw new OptionError(`among must be a whole number of at least 1, got ${among}.`);
  const rows = new Random(0, "train").permutation(train.count).slice(0, among);
  const { neighbours = Math.min(5, rows.length) } = options;
  if (!(Number.isInteger(neighbours) && neighbours >= 1 && neighbours <= rows.length))
    throw new Error(
      `neighbours must be 1 to ${rows.length}, the training images that are searched; got ${neighbours}.`,
    );
  const found = await extractor.extract(roundToBytes(images.pixels), images.count, { signal });
  const own = features(found.features, extractor.dim);
  const best = Array.from({ length: images.count }, () => [] as { row: number; distance: number }[]);
  for (let at = 0; at < rows.length; at += CHUNK) {
    const chunk = rows.subarray(at, at + CHUNK);
    const { values } = await extractSplit(extractor, train, chunk, signal);
    const k = Math.min(neighbours, chunk.length);
    const { indices, distances } = nearestNeighbours(own, features(values, extractor.dim), k);
    for (const [i, list] of best.entries()) {
      for (let j = i * k; j < (i + 1) * k; j++) list.push({ row: chunk[indices[j]], distance: distances[j] });
      list.sort((a, b) => a.distance - b.distance).splice(neighbours);
    }
    onProgress?.({ task: "nearest training images", done: at + chunk.length, total: rows.length, unit: "images" });
  }
  const size = images.pixels.length / images.count;
  const columns = neighbours + 1;
  const pixels = new Float32Array(images.count * columns * size);
  for (const [i, list] of best.entries()) {
    pixels.set(images.pixels.subarray(i * size, (i + 1) * size), i * columns * size);
    const nearest = toFloat(
      train,
      list.map(({ row }) => row),
    );
    pixels.set(nearest, (i * columns + 1) * size);
  }
  return {
    pixels,
    columns,
    distances: Float64Array.from(best.flatMap((list) => list.map(({ distance }) => distance))),
  };
}
