import type { Channels } from "../io/channels.js";
import { Random } from "../random/index.js";
import type { ImageDataset, ImageSplit } from "./dataset.js";

/** Images as a reader of some format delivers them. */
export interface Part extends ImageSplit {
  height: number;
  width: number;
  channels: Channels;
}

/** A data set without its name and licence. */
export type DatasetParts = Pick<ImageDataset, "height" | "width" | "channels" | "classNames" | "train" | "test">;

/**
 * Makes a data set of what was found. Without a test part, some images are set aside (`testMask`).
 */
export function withSplit(
  { train, test }: { train?: Part; test?: Part },
  name: string,
  classNames?: string[],
): DatasetParts {
  const all = train ?? test;
  if (!all || all.count === 0) throw new Error(`${name} has no images.`);
  if (!train || !test) {
    const isTest = testMask(all.labels, all.count, name);
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

/** Classes of fewer images have none set aside. */
const FEWEST = 5;

/**
 * Which images are for testing where nobody says: a tenth of each class, at least one of five or more; without classes,
 * a tenth of all, at least one. Always the same ones for the same labels. Throws where none can be spared.
 */
export function testMask(labels: ArrayLike<number> | null, count: number, name: string): boolean[] {
  if (count < 2) throw new Error(`${name} has one image; at least two are needed to train and to test.`);
  const mask = new Array<boolean>(count).fill(false);
  const random = new Random(0, "test split");
  if (!labels) {
    for (const index of random.permutation(count).subarray(0, Math.max(1, Math.round(count / 10)))) mask[index] = true;
    return mask;
  }
  const classes = new Map<number, number[]>();
  for (let i = 0; i < count; i++) {
    const rows = classes.get(labels[i]);
    if (rows) rows.push(i);
    else classes.set(labels[i], [i]);
  }
  const largest = Math.max(...[...classes.values()].map((rows) => rows.length));
  if (largest < 2)
    throw new Error(`${name} has one image of each class; at least two of some class are needed to train and to test.`);
  let spared = largest >= FEWEST;
  for (const [label, rows] of [...classes].sort(([a], [b]) => a - b)) {
    const some = rows.length >= FEWEST || (!spared && rows.length === largest);
    if (!some) continue;
    spared = true;
    const chosen = Math.max(1, Math.round(rows.length / 10));
    for (const at of random.split(label).permutation(rows.length).subarray(0, chosen)) mask[rows[at]] = true;
  }
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
