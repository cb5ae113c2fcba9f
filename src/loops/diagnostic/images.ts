import type { ImageDataset } from "../../data/index.js";
import { OptionError, WrongUse } from "../../io/wrong-use.js";
import type { Extractor } from "../../judges/extractors/index.js";
import { extractSplit } from "../../judges/images/chunks.js";
import { requireSameSize, roundToBytes } from "../../judges/images/sizes.js";
import type { Images } from "../../media/images.js";
import { correctPredictions, type Features, features } from "../../metrics/index.js";
import type { ImageGenerator, SampleOptions } from "../../models/generator.js";
import { Random } from "../../random/index.js";
import { type Drawn, diagnose, type JudgedSet, SMALLEST } from "./diagnose.js";
import type { DrawnKind } from "./finding.js";

/** Real images, by row of a split; without rows all of it. */
export interface RealRows {
  split: "train" | "test";
  rows?: ArrayLike<number>;
}

export interface DiagnoseOptions {
  /** Options of the samples but count and label. */
  sample?: SampleOptions;
  /** Samples of each class, and real images of it, at most (500); without classes ten times as many in all. */
  perClass?: number;
  seed?: number;
  /** Clusters of images without classes (10). */
  clusters?: number;
  /** Centres of these clusters, of an earlier diagnosis. */
  centres?: Features | null;
  /** Kinds within each class (4). */
  kinds?: number;
  /** Where samples are looked for: what is drawn of these by the seed; default of the test images. */
  real?: RealRows;
  /** What stands in place of samples for the floors, likewise; default of the training images. */
  floor?: RealRows;
  signal?: AbortSignal;
}

/** A diagnosis with the images that it is of. */
export interface ImageDiagnosis extends Drawn {
  samples: Images;
  /** As bytes are, in [−1, 1]: [count, channels, height, width]. */
  sampled: Float32Array;
  real: Required<RealRows>;
}

/** Whether a model is asked for the classes of the data. */
export const asksForClasses = ({ classNames }: ImageGenerator, dataset: ImageDataset): boolean =>
  classNames !== null && dataset.test.labels !== null && String(classNames) === String(dataset.classNames);

/** At most `most` images of each class (of all, without labels), in an order drawn with `random`. */
export function drawRows(
  { labels, count }: { labels: ArrayLike<number> | null; count: number },
  most: number,
  random: Random,
  among?: ArrayLike<number>,
): number[] {
  const all = among ?? Uint32Array.from({ length: count }, (_, i) => i);
  const seen = new Map<number, number>();
  return Array.from(random.permutation(all.length), (i) => all[i]).filter((row) => {
    const label = labels ? labels[row] : 0;
    const n = (seen.get(label) ?? 0) + 1;
    seen.set(label, n);
    return n <= most;
  });
}

/** Draws samples and compares them, class by class or cluster by cluster, with real images in the judge's space. */
export async function diagnoseImages(
  model: ImageGenerator,
  dataset: ImageDataset,
  judge: Extractor,
  options: DiagnoseOptions = {},
): Promise<ImageDiagnosis> {
  const { sample = {}, perClass = 500, seed = 0, clusters, centres, kinds, signal } = options;
  requireSameSize(model, dataset);
  requirePerClass(perClass, "image");
  const { classNames } = dataset;
  const labelled = asksForClasses(model, dataset);
  const most = labelled ? perClass : 10 * perClass;
  const drawn = ({ split, rows }: RealRows): Required<RealRows> => {
    const own = labelled ? dataset[split] : { ...dataset[split], labels: null };
    return { split, rows: drawRows(own, most, new Random(seed, split), rows) };
  };
  const real = drawn(options.real ?? { split: "test" });
  const floor = drawn(options.floor ?? { split: "train" });
  const judged = async ({ split, rows }: Required<RealRows>): Promise<JudgedSet> => {
    const { values, logits } = await extractSplit(judge, dataset[split], rows, signal);
    const all = dataset[split].labels;
    const labels = labelled && all ? Array.from(rows, (row) => all[row]) : null;
    return {
      features: features(values, judge.dim),
      labels,
      right: labels && logits && correctPredictions({ logits, labels }),
    };
  };
  const label = labelled ? classNames!.flatMap((name) => new Array<string>(perClass).fill(name)) : undefined;
  const count = label?.length ?? Math.min(most, real.rows.length);
  const samples = await model.sample({ ...sample, count, seed, ...(label && { label }) }, { signal });
  const sampled = roundToBytes(samples.pixels);
  const found = await judge.extract(sampled, count, { signal });
  const labels = labelled ? samples.labels : null;
  const right = labels && found.logits && correctPredictions({ logits: found.logits, labels });
  const sets = {
    real: await judged(real),
    floor: await judged(floor),
    samples: { features: features(found.features, judge.dim), labels, right },
  };
  const random = new Random(seed, "diagnosis");
  const measured = diagnose({ ...sets, classNames: labelled ? classNames : null, clusters, centres, kinds, random });
  if (measured.groups.length === 0)
    throw new WrongUse(
      `${dataset.id} has too few images of every class to say anything; 20 of one at least are needed, for testing too.`,
    );
  return {
    ...measured,
    ...{ kind: "image", by: labelled ? "class" : "cluster", count, nfe: model.cost(sample), split: real.split },
    ...{ sets, samples, sampled, real },
  };
}

/** @throws OptionError where nothing can be said of so many of each class */
export function requirePerClass(perClass: number, kind: DrawnKind): void {
  if (!(Number.isInteger(perClass) && perClass >= SMALLEST))
    throw new OptionError(
      `A diagnosis needs a whole number of at least ${SMALLEST} ${kind}s of each class, got ${perClass}.`,
    );
}
