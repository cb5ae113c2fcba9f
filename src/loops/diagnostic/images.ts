import { type ImageDataset, type ImageSplit, toFloat } from "../../data/index.js";
import { OptionError, WrongUse } from "../../io/wrong-use.js";
import type { Extractor } from "../../judges/extractors/index.js";
import { extractSplit } from "../../judges/images/chunks.js";
import { requireSameSize, roundToBytes } from "../../judges/images/sizes.js";
import type { Images } from "../../media/images.js";
import { correctPredictions, type Features, features } from "../../metrics/index.js";
import type { ImageGenerator, SampleOptions } from "../../models/generator.js";
import { Random } from "../../random/index.js";
import { diagnose, type JudgedSet, type Measured } from "./diagnose.js";

/** Real images, by row of a split. */
export interface RealRows {
  split: "train" | "test";
  rows: ArrayLike<number>;
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
  /** Where samples are looked for; default test images, drawn by the seed. */
  real?: RealRows;
  /** What stands in place of samples for the floors; default training images, drawn by the seed. */
  floor?: RealRows;
  signal?: AbortSignal;
}

/** A diagnosis with the images that it is of. */
export interface ImageDiagnosis extends Measured {
  by: "class" | "cluster";
  /** Network evaluations of each sample. */
  nfe: number;
  samples: Images;
  /** As bytes are, in [−1, 1]: [count, channels, height, width]. */
  sampled: Float32Array;
  sets: { real: JudgedSet; floor: JudgedSet; samples: JudgedSet };
  real: RealRows;
}

/** Whether a model is asked for the classes of the data. */
export const asksForClasses = ({ classNames }: ImageGenerator, dataset: ImageDataset): boolean =>
  classNames !== null && dataset.test.labels !== null && String(classNames) === String(dataset.classNames);

/** At most `most` images of each class (of all, without labels), in an order drawn with `random`. */
export function drawRows({ labels, count }: ImageSplit, most: number, random: Random, among?: ArrayLike<number>) {
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
  if (!(Number.isInteger(perClass) && perClass >= 20))
    throw new OptionError(`A diagnosis needs a whole number of at least 20 images of each class, got ${perClass}.`);
  const { classNames } = dataset;
  const labelled = asksForClasses(model, dataset);
  const most = labelled ? perClass : 10 * perClass;
  const drawn = (split: "train" | "test"): RealRows => {
    return {
      split,
      rows: drawRows(labelled ? dataset[split] : { ...dataset[split], labels: null }, most, new Random(seed, split)),
    };
  };
  const real = options.real ?? drawn("test");
  const floor = options.floor ?? drawn("train");
  const judged = async ({ split, rows }: RealRows): Promise<JudgedSet> => {
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
  const nfe = model.cost(sample);
  return { ...measured, nfe, by: labelled ? "class" : "cluster", samples, sampled, sets, real };
}

/** Pixels in [−1, 1] of real images, by their place in `real`. */
export const realPixels = (dataset: ImageDataset, { split, rows }: RealRows, places: readonly number[]): Float32Array =>
  toFloat(
    dataset[split],
    places.map((place) => rows[place]),
  );
