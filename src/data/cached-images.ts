import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { type CommonMeta, commonMeta, damaged, otherContent, readMeta, type Shelf, writeFiles } from "./cache.js";
import type { ImageDataset, ImageSplit } from "./dataset.js";
import { checkLabels, type DatasetParts, describe } from "./parts.js";
import type { PinnedDataset } from "./sources/source.js";

const whole = z.int().positive();
/**
 * `sha256`: of data.bin, which holds train pixels, test pixels, and where there are classes, train and test labels as
 * u16 LE.
 */
const imageMeta = commonMeta.extend({
  height: whole,
  width: whole,
  channels: z.literal([1, 3, 4]),
  classNames: z.array(z.string()).nullable(),
  train: whole,
  test: whole,
});

/** The pieces of data.bin in file order. */
function sections({ train, test }: Pick<ImageDataset, "train" | "test">): Uint8Array[] {
  const bytes = ({ labels }: ImageSplit) =>
    labels ? [new Uint8Array(labels.buffer, labels.byteOffset, labels.byteLength)] : [];
  return [train.pixels, test.pixels, ...bytes(train), ...bytes(test)];
}

/** SHA-256 of a data set's pixels and labels as they are cached. */
export function contentHash(parts: Pick<ImageDataset, "train" | "test">): string {
  const hash = createHash("sha256");
  for (const section of sections(parts)) hash.update(section);
  return hash.digest("hex");
}

type Layout = Omit<z.infer<typeof imageMeta>, keyof CommonMeta>;

const layoutOf = ({ height, width, channels, classNames, train, test }: DatasetParts): Layout => ({
  height,
  width,
  channels,
  classNames,
  train: train.count,
  test: test.count,
});

function otherLayout(layout: Layout, pin: PinnedDataset): string | undefined {
  for (const key of ["height", "width", "channels", "train", "test"] as const)
    if (layout[key] !== pin[key]) return `${key} is ${layout[key]} instead of ${pin[key]}`;
  const classes = layout.classNames?.length ?? 0;
  return classes === pin.classes ? undefined : `it names ${classes} classes instead of ${pin.classes}`;
}

/** Images are kept as data.bin and meta.json. */
export const imageShelf: Shelf<DatasetParts, ImageDataset, PinnedDataset> = {
  misfit(parts, pin) {
    checkLabels(parts, parts.classNames, "its content");
    return otherContent(contentHash(parts), pin.sha256) ?? otherLayout(layoutOf(parts), pin);
  },
  describe,
  write(cache, dataset, workspace) {
    const { id, licence, attribution } = dataset;
    const about = { format: 1 as const, id, licence, attribution, sha256: contentHash(dataset) };
    const meta: CommonMeta = { ...about, ...layoutOf(dataset) };
    return writeFiles(cache, meta, { "data.bin": sections(dataset) }, workspace);
  },
  async read(cache, id, pin) {
    const meta = await readMeta(cache, id, imageMeta, pin.sha256);
    if (!meta) return undefined;
    const wrong = otherLayout(meta, pin);
    if (wrong) throw damaged(join(cache, id, "meta.json"), wrong);
    const { height, width, channels, classNames } = meta;

    const file = join(cache, id, "data.bin");
    const bytes = await readFile(file).catch((error: Error) => Promise.reject(damaged(file, error.message)));
    const size = height * width * channels;
    const expected = (meta.train + meta.test) * (size + (classNames ? 2 : 0));
    if (bytes.length !== expected) throw damaged(file, `${bytes.length} bytes instead of ${expected}`);
    const changed = otherContent(createHash("sha256").update(bytes).digest("hex"), meta.sha256);
    if (changed) throw damaged(file, changed);

    let offset = 0;
    const take = (length: number) =>
      new Uint8Array(bytes.buffer, bytes.byteOffset + (offset += length) - length, length);
    const [trainPixels, testPixels] = [take(meta.train * size), take(meta.test * size)];
    const labels = (count: number) => (classNames ? new Uint16Array(take(2 * count).slice().buffer) : null);
    const split = (count: number, pixels: Uint8Array) => ({ count, pixels, labels: labels(count), channels });
    const [train, test] = [split(meta.train, trainPixels), split(meta.test, testPixels)];
    checkLabels({ train, test }, classNames, file);
    const { licence, attribution } = pin;
    return describe({ height, width, channels, classNames, train, test }, { id, licence, attribution });
  },
};
