import { Random } from "../../src/core.js";
import { type ImageDataset, type ImageSplit, toFloat } from "../../src/data/index.js";
import { requireSameSize, roundToBytes } from "../../src/judges/images/sizes.js";
import type { ImageGenerator, SampleOptions } from "../../src/models/generator.js";
import { type Kind, type Told, tellApart } from "./detector.js";

export interface DetectOptions {
  /** Pictures of each kind that are learnt from, and held-out ones of each. */
  learnt: number;
  heldOut: number;
  steps: number;
  seed: number;
  threads: number;
}

/** Sizes of a whole measurement and of a look. */
export const detection = (quick: boolean): Omit<DetectOptions, "seed" | "threads"> =>
  quick ? { learnt: 500, heldOut: 250, steps: 60 } : { learnt: 10_000, heldOut: 2000, steps: 800 };

/** Real pictures as the detector sees them: some of the training images, held out some of the test images. */
function realKind({ train, test }: ImageDataset, { learnt, heldOut, seed }: DetectOptions, skip = 0) {
  const some = (split: ImageSplit, label: string, count: number) => {
    const rows = [...new Random(seed, label).permutation(split.count).slice(skip * count, (skip + 1) * count)];
    if (rows.length < count) throw new Error(`There are only ${split.count} ${label} pictures; ${count} are needed.`);
    return { pixels: toFloat(split, rows), labels: split.labels && rows.map((row) => split.labels![row]) };
  };
  return { learnt: some(train, "training", learnt), heldOut: some(test, "test", heldOut) };
}

/**
 * The blind check: how often a network that learns to tell a model's pictures from real ones is right on pictures of both
 * that it has not seen. Drawn are the classes of the real ones, rounded to bytes as these are.
 */
export async function realOrDrawn(
  model: ImageGenerator,
  dataset: ImageDataset,
  options: DetectOptions,
  sample: SampleOptions = {},
): Promise<Told> {
  requireSameSize(model, dataset);
  const real = realKind(dataset, options);
  const { classNames } = model;
  const same = classNames !== null && String(classNames) === String(dataset.classNames);
  const draw = async (like: { pixels: Float32Array; labels: number[] | null }, count: number, seed: number) => {
    const label = same && like.labels ? { label: like.labels.map((one) => classNames[one]) } : {};
    return roundToBytes((await model.sample({ ...sample, ...label, count, seed })).pixels);
  };
  const drawn: Kind = {
    learnt: await draw(real.learnt, options.learnt, 2 * options.seed + 101),
    heldOut: await draw(real.heldOut, options.heldOut, 2 * options.seed + 102),
  };
  return tellApart([pixelsOf(real), drawn], sizeOf(dataset), options);
}

/** The same for real pictures against others of their kind, which nothing tells apart. */
export const realOrReal = (dataset: ImageDataset, options: DetectOptions): Promise<Told> =>
  tellApart([pixelsOf(realKind(dataset, options)), pixelsOf(realKind(dataset, options, 1))], sizeOf(dataset), options);

const pixelsOf = ({ learnt, heldOut }: ReturnType<typeof realKind>): Kind => ({
  learnt: learnt.pixels,
  heldOut: heldOut.pixels,
});
const sizeOf = ({ channels, height, width }: ImageDataset) => [channels, height, width] as const;
