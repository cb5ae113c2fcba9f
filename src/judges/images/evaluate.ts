import { requireKnown } from "../../io/known.js";
import { show } from "../../io/show.js";
import { OptionError } from "../../io/wrong-use.js";
import type { Images } from "../../media/images.js";
import {
  bootstrapMean,
  type EvaluationOptions,
  evaluateFeatures,
  type FeatureMetric,
  type Features,
  features,
  type MetricReport,
  pixelGradients,
  type RandomSource,
} from "../../metrics/index.js";
import { mean } from "../../metrics/quantile.js";
import type { SampleOptions } from "../../models/generator.js";
import { Random } from "../../random/index.js";
import { pause } from "../../runtime/pause.js";
import type { Extractor } from "../extractors/index.js";
import { requireResamples } from "../resamples.js";
import { WIDE } from "./chunks.js";
import type { Reference } from "./reference.js";
import { requireComparable, roundToBytes } from "./sizes.js";

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
      testLogits &&
      images.labels && {
        samples: { logits, labels: images.labels },
        ...(testLabels && { reference: { logits: testLogits, labels: testLabels } }),
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
  return [
    ...reports,
    ...reportRatio(reports),
    reportSharpness(features(rounded, rounded.length / images.count), reference, random),
  ];
}

/** Spaces at least whose mean says more than each of them. */
const SPACES = 3;

/**
 * FDr: the mean over the spaces of the Fréchet distance over that of real images. 1 is as near as real images are; a
 * model that was trained on features like those of one space gains in that one only.
 */
function reportRatio(reports: readonly MetricReport[]): MetricReport[] {
  const distances = reports.filter(({ name }) => name.startsWith("Fréchet"));
  const ratios = distances.flatMap(({ value, floor }) => (floor === null || floor === 0 ? [] : [value / floor]));
  if (ratios.length < SPACES) return [];
  const { n, reference } = distances[0];
  const spaces = distances.map(({ features }) => features).join(", ");
  return [
    {
      name: `Fréchet distance over real against real, mean of ${ratios.length} spaces (FDr)`,
      value: mean(ratios),
      floor: 1,
      interval: null,
      features: spaces,
      n,
      reference,
    },
  ];
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

const METRICS: readonly FeatureMetric[] = ["frechet", "kid", "prdc", "neighbours"];

/** @throws OptionError where a metric is none, or none of the reference, or the resamples are no number of them. */
export function requireEvaluation(
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
