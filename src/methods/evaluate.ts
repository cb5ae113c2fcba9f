import { type ImageDataset, type ImageSplit, toFloat } from "../data/index.js";
import { evaluateFeatures, evaluatePixels, type Features, features, type MetricReport, nearestNeighbours } from "../metrics/index.js";
import { Random } from "../random/index.js";
import { toByte } from "../io/grid.js";
import type { Extractor } from "./extractors.js";
import type { CommonSampleOptions, ImageModel } from "./index.js";
import type { Images } from "./shared/images.js";

export interface EvaluateOptions extends CommonSampleOptions {
  /** Samples; default 10,000, classes balanced. */
  count?: number;
  /** Resamples of the bootstrap interval of the Fréchet distance; default 50. */
  resamples?: number;
}

export interface Evaluation {
  model: string;
  data: string;
  count: number;
  /** Network evaluations per image. */
  nfe: number;
  seed: number;
  metrics: MetricReport[];
}

/** What real images look like to an extractor; computed once for any number of models. */
export interface Reference {
  dataset: ImageDataset;
  extractor: Extractor;
  test: Measured;
  train: Measured;
}
interface Measured {
  features: Features;
  logits: Float32Array | null;
  labels: Uint16Array | null;
  pixels: Features;
}

/** Images as they are stored: rounded to bytes, so that samples and data are treated alike. */
function rounded(images: Float32Array): Float32Array {
  return images.map((x) => toByte(x) / 127.5 - 1);
}

async function measureSplit(extractor: Extractor, split: ImageSplit, indices: Uint32Array): Promise<Measured> {
  const pixels = toFloat(split, indices);
  const size = pixels.length / indices.length;
  const { features: values, logits } = await extractor.extract(pixels, indices.length);
  return {
    features: features(values, extractor.dim),
    logits,
    labels: split.labels ? Uint16Array.from(indices, (i) => split.labels![i]) : null,
    pixels: features(pixels, size),
  };
}

/** Measures real images: all test images (10,000 at most) and as many training images, for the floors. */
export async function measureReference(dataset: ImageDataset, extractor: Extractor, limit = 10_000): Promise<Reference> {
  const pick = (split: ImageSplit, label: string) => new Random(0, label).permutation(split.count).slice(0, limit);
  return {
    dataset,
    extractor,
    test: await measureSplit(extractor, dataset.test, pick(dataset.test, "test")),
    train: await measureSplit(extractor, dataset.train, pick(dataset.train, "train")),
  };
}

/** Draws samples and measures them against held-out images; every number comes with its real-against-real floor. */
export async function evaluateModel(model: ImageModel, reference: Reference, { count = 10_000, seed = 0, resamples, ...options }: EvaluateOptions = {}): Promise<Evaluation> {
  const { dataset, extractor, test, train } = reference;
  const images = await model.sample({ ...options, count, seed });
  const pixels = rounded(images.pixels);
  const { features: values, logits } = await extractor.extract(pixels, count);
  const samples = features(values, extractor.dim);
  const common = { reference: `${dataset.id} test`, random: new Random(seed, "evaluation"), resamples };
  const classified =
    logits && images.labels
      ? { samples: { logits, labels: images.labels }, ...(test.logits && test.labels ? { reference: { logits: test.logits, labels: test.labels } } : {}) }
      : undefined;
  return {
    model: model.config.name,
    data: dataset.id,
    count,
    nfe: model.nfe(options),
    seed,
    metrics: [
      ...evaluateFeatures({ samples, reference: test.features, train: train.features }, { ...common, features: extractor.name, classified }),
      ...evaluatePixels(
        { samples: features(pixels, pixels.length / count), reference: test.pixels, train: train.pixels },
        { ...common, shape: { height: dataset.height, width: dataset.width, channels: dataset.channels, layout: "CHW" } },
      ),
    ],
  };
}

/** Samples and, beside each, its nearest training images in feature space: pairs for a sheet that shows whether anything is copied. */
export async function nearestTraining(images: Images, { dataset, extractor }: Reference, neighbours = 3): Promise<{ pixels: Float32Array; columns: number }> {
  const { train } = dataset;
  const chunk = 2000;
  const all = new Float32Array(train.count * extractor.dim);
  for (let at = 0; at < train.count; at += chunk) {
    const n = Math.min(chunk, train.count - at);
    const { features: part } = await extractor.extract(toFloat(train, Array.from({ length: n }, (_, i) => at + i)), n);
    all.set(part, at * extractor.dim);
  }
  const { features: own } = await extractor.extract(rounded(images.pixels), images.count);
  const { indices } = nearestNeighbours(features(own, extractor.dim), features(all, extractor.dim), neighbours);
  const size = images.pixels.length / images.count;
  const columns = neighbours + 1;
  const pixels = new Float32Array(images.count * columns * size);
  for (let i = 0; i < images.count; i++) {
    pixels.set(images.pixels.subarray(i * size, (i + 1) * size), i * columns * size);
    pixels.set(toFloat(train, indices.subarray(i * neighbours, (i + 1) * neighbours)), (i * columns + 1) * size);
  }
  return { pixels, columns };
}
