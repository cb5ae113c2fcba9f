import { Random } from "../random/index.js";
import type { ImageDataset, ImageSplit } from "./dataset.js";

/** Images as a reader of some format delivers them. */
export interface Part extends ImageSplit {
  height: number;
  width: number;
  channels: 1 | 3;
}

/** A data set without its name and licence. */
export type DatasetParts = Pick<ImageDataset, "height" | "width" | "channels" | "classNames" | "train" | "test">;

/**
 * Makes a data set of what was found. Without a test part, a tenth of the images (at least one) is set aside: always
 * the same ones for the same count.
 */
export function withSplit(
  { train, test }: { train?: Part; test?: Part },
  name: string,
  classNames?: string[],
): DatasetParts {
  const all = train ?? test;
  if (!all || all.count === 0) throw new Error(`${name} has no images.`);
  if (!train || !test) {
    if (all.count < 2) throw new Error(`${name} has one image; at least two are needed to train and to test.`);
    const isTest = testMask(all.count);
    [train, test] = [select(all, (i) => !isTest[i]), select(all, (i) => isTest[i])];
  }
  const { height, width, channels } = train;
  if (test.height !== height || test.width !== width || test.channels !== channels)
    throw new Error(`${name}: train and test images differ in size or channels.`);
  if (!train.labels !== !test.labels) throw new Error(`${name}: only one of train and test has labels.`);
  const split = ({ count, pixels, labels }: Part): ImageSplit => ({
    count,
    pixels: new Uint8Array(pixels.buffer, pixels.byteOffset, pixels.length),
    labels,
    channels,
  });
  const names = train.labels ? (classNames ?? countedNames(train.labels, test.labels!)) : null;
  checkLabels({ train, test }, names, name);
  return { height, width, channels, classNames: names, train: split(train), test: split(test) };
}

/** Throws if an image is of a class that there is not. `name` is for the error. */
export function checkLabels(
  splits: { train: ImageSplit; test: ImageSplit },
  classNames: readonly string[] | null,
  name: string,
): void {
  const classes = classNames?.length ?? 0;
  for (const [split, { labels }] of Object.entries(splits)) {
    const index = labels?.findIndex((label) => label >= classes) ?? -1;
    if (index >= 0)
      throw new Error(
        `${name}: ${split} image ${index} has label ${labels![index]}, but there are ${classes} classes (labels 0 to ${classes - 1}).`,
      );
  }
}

/** Completes what a reader delivered to a data set. */
export const describe = (
  parts: DatasetParts,
  about: Pick<ImageDataset, "id" | "licence" | "attribution">,
): ImageDataset => ({ kind: "images", ...about, ...parts });

function testMask(count: number): boolean[] {
  const mask = new Array<boolean>(count).fill(false);
  const chosen = Math.max(1, Math.round(count / 10));
  for (const index of new Random(0, "test split").permutation(count).subarray(0, chosen)) mask[index] = true;
  return mask;
}

/** The images for which `keep(index)` holds, in order. */
export function select<T extends ImageSplit>(part: T, keep: (index: number) => boolean): T {
  const indices = Array.from({ length: part.count }, (_, i) => i).filter(keep);
  const size = part.pixels.length / part.count;
  const pixels = new Uint8Array(indices.length * size);
  for (const [to, from] of indices.entries())
    pixels.set(part.pixels.subarray(from * size, (from + 1) * size), to * size);
  return {
    ...part,
    count: indices.length,
    pixels,
    labels: part.labels && Uint16Array.from(indices, (i) => part.labels![i]),
  };
}

const countedNames = (...labels: Uint16Array[]): string[] => {
  const largest = labels.reduce((most, list) => list.reduce((a, b) => Math.max(a, b), most), 0);
  return Array.from({ length: largest + 1 }, (_, c) => String(c));
};
