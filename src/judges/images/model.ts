import { type ImageDataset, toFloat } from "../../data/index.js";
import { requireKnown } from "../../io/known.js";
import { OptionError } from "../../io/wrong-use.js";
import { Images } from "../../media/images.js";
import { bootstrapMean, type MetricReport } from "../../metrics/index.js";
import { mean } from "../../metrics/quantile.js";
import type { ImageGenerator } from "../../models/generator.js";
import { Random } from "../../random/index.js";
import { type EvaluateOptions, evaluateImages, requireEvaluation } from "./evaluate.js";
import type { Reference } from "./reference.js";
import { requireSameSize, roundToBytes } from "./sizes.js";

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

/** Whether the classes of a model are those of the data, in the same order. */
const sameClasses = ({ classNames }: ImageGenerator, dataset: ImageDataset): boolean =>
  classNames !== null && dataset.classNames !== null && String(classNames) === String(dataset.classNames);

/** Images without their labels, which are of other classes than the data's. */
const withoutLabels = ({ pixels, count, channels, height, width }: Images): Images =>
  new Images(pixels, count, channels, height, width);

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
