import { accuracy, type Classified, correctPredictions } from "./accuracy.js";
import { bootstrap, bootstrapFrechet, bootstrapMean, type Interval } from "./bootstrap.js";
import { type Features, firstRows, type RandomSource, sampleRows } from "./features.js";
import { realVsReal } from "./floor.js";
import { frechetTo } from "./frechet.js";
import { kernelDistance } from "./kid.js";
import { nearestNeighbours } from "./neighbours.js";
import { fitPca, type PcaOptions, pcaFeatures } from "./pca.js";
import { energyDistance, gaussianMmd2, modeCoverage, ringCentres, slicedWasserstein1 } from "./points.js";
import { prdc } from "./prdc.js";
import { quantile } from "./quantile.js";
import { type ImageShape, pixelGradients, sharpness } from "./sharpness.js";

/** One figure, with what is needed to read it. */
export interface MetricReport {
  /** Such as "Fréchet distance on fashion-classifier". */
  name: string;
  value: number;
  /**
   * The same metric of real against real data (as many training vectors in place of the samples); null without them.
   */
  floor: number | null;
  /** 95 % interval over the choice of samples, or null where it was not asked for. */
  interval: Interval | null;
  /** The space in which it was measured. */
  features: string;
  /** Samples that were used. */
  n: number;
  /** What they were compared with. */
  reference: string;
}

export type FeatureMetric = "frechet" | "kid" | "prdc" | "neighbours";

export interface EvaluationSets {
  samples: Features;
  /** Held-out real data. */
  reference: Features;
  /** Training data: needed for the floors and for the nearest training neighbours. */
  train?: Features;
}

export interface EvaluationOptions {
  /** Name of the feature network or space. */
  features: string;
  /** Name of the reference data, such as "fashion-mnist test". */
  reference: string;
  random: RandomSource;
  /** Which to compute (all). */
  metrics?: readonly FeatureMetric[];
  /** Neighbours in precision, recall, density and coverage (5, or as many as the smallest set has). */
  k?: number;
  /** Vectors of each set in precision, recall, density and coverage, and queries for neighbours (5000). */
  neighbourCount?: number;
  /** Subsets of the kernel distance (20 of 1000). */
  kid?: { subsets?: number; subsetSize?: number };
  /**
   * Bootstrap resamples of the Fréchet distance (50; 0 for no interval). Each costs a covariance and an
   * eigendecomposition: little at 64 dimensions, most of a minute at 2048.
   */
  resamples?: number;
  /** Logits and true labels of conditional samples, and of reference data for the floor. */
  classified?: { samples: Classified; reference?: Classified };
}

/**
 * Every metric of a set of samples in one feature space, each with its floor and interval; a kernel distance only where
 * it is told from zero.
 */
export function evaluateFeatures(sets: EvaluationSets, options: EvaluationOptions): MetricReport[] {
  const wanted = options.metrics ?? ["frechet", "kid", "prdc", "neighbours"];
  return [
    ...(wanted.includes("frechet") ? [reportFrechet(sets, options)] : []),
    ...(wanted.includes("kid") ? reportKernelDistance(sets, options) : []),
    ...(wanted.includes("prdc") ? reportPrdc(sets, options) : []),
    ...(wanted.includes("neighbours") && sets.train
      ? reportNeighbours(sets.samples, sets.reference, sets.train, options)
      : []),
    ...(options.classified ? [reportAccuracy(options.classified, options)] : []),
  ];
}

function reportFrechet(sets: EvaluationSets, options: EvaluationOptions): MetricReport {
  const { samples, reference } = sets;
  const { random, resamples = 50 } = options;
  const distance = frechetTo(reference);
  return {
    ...describe(`Fréchet distance on ${options.features}`, samples.count, options),
    value: distance(samples),
    floor: floorOf(sets, samples.count, random, distance),
    interval: resamples > 0 ? bootstrapFrechet(samples, distance, { resamples, random }) : null,
  };
}

/**
 * Where the interval reaches zero the samples are too few to tell them from real ones, or from worse: then there is no
 * report.
 */
function reportKernelDistance(sets: EvaluationSets, options: EvaluationOptions): MetricReport[] {
  const { samples, reference } = sets;
  const { random } = options;
  const measure = (a: Features, b: Features) => kernelDistance(a, b, { subsets: 20, ...options.kid, random });
  const { value, estimates, error } = measure(samples, reference);
  const margin = 1.96 * error;
  const interval: Interval | null = estimates.length > 1 ? [value - margin, value + margin] : null;
  const floor = floorOf(sets, samples.count, random, (a, b) => measure(a, b).value);
  if (interval && interval[0] <= 0) return [];
  return [
    { ...describe(`Kernel distance (KID) on ${options.features}`, samples.count, options), value, floor, interval },
  ];
}

/**
 * The intervals are those of the means of the single terms, the balls being held fixed: repeated rows would shrink
 * them.
 */
function reportPrdc(sets: EvaluationSets, options: EvaluationOptions): MetricReport[] {
  const { neighbourCount = 5000, random } = options;
  const samples = firstRows(sets.samples, neighbourCount);
  const reference = firstRows(sets.reference, neighbourCount);
  const counts = [samples.count, reference.count, sets.train ? Math.min(samples.count, sets.train.count) : Infinity];
  const { k = Math.min(5, Math.min(...counts) - 1) } = options;
  const measured = prdc(samples, reference, k);
  const floor = floorOf({ ...sets, reference }, samples.count, random, (a, b) => prdc(a, b, k));
  return (["precision", "recall", "density", "coverage"] as const).map((name) => ({
    ...describe(`${name[0].toUpperCase()}${name.slice(1)} (k = ${k}) on ${options.features}`, samples.count, options),
    value: measured[name],
    floor: floor?.[name] ?? null,
    interval: bootstrapMean(measured.terms[name], { random }),
  }));
}

/** The floor is that of held-out data: samples that are nearer than those may be copies. */
function reportNeighbours(
  samples: Features,
  heldOut: Features,
  train: Features,
  options: EvaluationOptions,
): MetricReport[] {
  const { neighbourCount = 5000, random } = options;
  const queries = firstRows(samples, neighbourCount);
  const { distances } = nearestNeighbours(queries, train);
  const real = nearestNeighbours(firstRows(heldOut, neighbourCount), train).distances;
  const statistics: [string, number][] = [
    ["median", 0.5],
    ["lowest 1 %", 0.01],
  ];
  return statistics.map(([label, share]) => ({
    ...describe(`Distance to the nearest training vector (${label}) on ${options.features}`, queries.count, options),
    value: quantile(distances, share),
    floor: quantile(real, share),
    interval: bootstrap(
      queries.count,
      quantile(distances, share),
      (rows) =>
        quantile(
          Float64Array.from(rows, (row) => distances[row]),
          share,
        ),
      { random, resamples: 50 },
    ),
    reference: "training data; floor: held-out data",
  }));
}

function reportAccuracy(
  { samples, reference }: NonNullable<EvaluationOptions["classified"]>,
  options: EvaluationOptions,
) {
  const correct = correctPredictions(samples);
  return {
    ...describe(`Accuracy of the classifier of ${options.features}`, correct.length, options),
    value: accuracy(samples),
    floor: reference ? accuracy(reference) : null,
    interval: bootstrapMean(correct, { random: options.random }),
    reference: "the labels asked for",
  };
}

/**
 * Label-free metrics of flattened images: the Fréchet distance on `components` principal components of the reference
 * pixels (FDpca), and sharpness, the ratio of mean pixel gradients.
 */
export function evaluatePixels(
  sets: EvaluationSets,
  options: Omit<EvaluationOptions, "features"> & { shape: ImageShape; pca?: PcaOptions },
): MetricReport[] {
  const { shape, random, reference } = options;
  const train = sets.train && sampleRows(sets.train, Math.min(sets.samples.count, sets.train.count), random);
  const pca = fitPca(sets.reference, options.pca);
  const features = `pixel PCA ${pca.variances.length}`;
  const inPca: EvaluationSets = {
    samples: pcaFeatures(pca, sets.samples),
    reference: pcaFeatures(pca, sets.reference),
    ...(train ? { train: pcaFeatures(pca, train) } : {}),
  };
  const gradients = pixelGradients(sets.samples, shape);
  const ratio = sharpness(sets.samples, sets.reference, shape);
  const scale = ratio / (gradients.reduce((sum, value) => sum + value, 0) / gradients.length);
  return [
    ...evaluateFeatures(inPca, { metrics: ["frechet"], ...options, features }),
    {
      ...describe("Sharpness (pixel gradient ratio)", sets.samples.count, { features: "pixels", reference }),
      value: ratio,
      floor: train ? sharpness(train, sets.reference, shape) : null,
      interval: bootstrapMean(
        gradients.map((value) => value * scale),
        { random },
      ),
    },
  ];
}

/**
 * Metrics of points in the plane (or of any low dimension) against fresh real points: sliced Wasserstein-1, unbiased
 * energy distance, Gaussian MMD² (σ = 0.2), and with `centres` (those of `gaussians-8` for "ring") the share within 0.2
 * of a centre and the number of modes reached. Without intervals: the toys are cheap to sample again.
 */
export function evaluatePoints(
  sets: EvaluationSets,
  options: {
    reference: string;
    random: RandomSource;
    centres?: Features | "ring";
    sigma?: number;
    directions?: number;
  },
): MetricReport[] {
  const { random, directions, sigma = 0.2 } = options;
  const centres = options.centres === "ring" ? ringCentres() : options.centres;
  const metrics: [string, (a: Features, b: Features) => number][] = [
    ["Sliced Wasserstein-1", (a, b) => slicedWasserstein1(a, b, { directions, random })],
    ["Energy distance", energyDistance],
    [`MMD² (Gaussian, σ = ${sigma})`, (a, b) => gaussianMmd2(a, b, sigma)],
    ...(centres
      ? ([
          ["Share within 0.2 of a mode", (a) => modeCoverage(a, centres).highQuality],
          ["Modes with over 2 % of the samples", (a) => modeCoverage(a, centres).modes],
        ] satisfies [string, (a: Features) => number][])
      : []),
  ];
  return metrics.map(([name, metric]) => ({
    ...describe(name, sets.samples.count, { features: "points", reference: options.reference }),
    value: metric(sets.samples, sets.reference),
    floor: floorOf(sets, sets.samples.count, random, metric),
    interval: null,
  }));
}

function describe(name: string, n: number, { features, reference }: { features: string; reference: string }) {
  return { name, n, features, reference };
}

function floorOf<T>(
  { train, reference }: EvaluationSets,
  count: number,
  random: RandomSource,
  metric: (samples: Features, reference: Features) => T,
): T | null {
  return train ? realVsReal(metric, { train, reference, count, random }) : null;
}
