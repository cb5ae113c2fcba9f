import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rename, rm } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { writeFileAtomic } from "../io/atomic.js";
import type { ImageDataset, ImageSplit } from "./dataset.js";
import type { DatasetParts } from "./parts.js";
import type { TextDataset, TextParts } from "./text.js";

/** The cache folder: `FEWSTEP_CACHE`, else `$XDG_CACHE_HOME/fewstep`, else `~/.cache/fewstep`. */
export function cacheFolder(): string {
  const { FEWSTEP_CACHE, XDG_CACHE_HOME } = process.env;
  return FEWSTEP_CACHE || join(XDG_CACHE_HOME || join(homedir(), ".cache"), "fewstep");
}

interface Meta {
  format: 1;
  id: string;
  height: number;
  width: number;
  channels: 1 | 3;
  classNames: string[] | null;
  train: number;
  test: number;
  licence: string;
  attribution: string;
  /** Of data.bin: train pixels, test pixels, then (where there are classes) train labels, test labels as u16 LE. */
  sha256: string;
}

/** The pieces of data.bin in file order. */
function sections({ train, test }: Pick<ImageDataset, "train" | "test">): Uint8Array[] {
  const bytes = ({ labels }: ImageSplit) =>
    labels ? [new Uint8Array(labels.buffer, labels.byteOffset, labels.byteLength)] : [];
  return [train.pixels, test.pixels, ...bytes(train), ...bytes(test)];
}

/** SHA-256 of a data set's pixels and labels as they are cached: the same from whatever source it came. */
export function contentHash(parts: Pick<ImageDataset, "train" | "test">): string {
  const hash = createHash("sha256");
  for (const section of sections(parts)) hash.update(section);
  return hash.digest("hex");
}

export const isCached = (cache: string, id: string): boolean => existsSync(join(cache, id, "meta.json"));

/** Stores a data set as `<cache>/<id>/data.bin` and `meta.json`; the folder appears complete or not at all. */
export async function writeCached(cache: string, dataset: ImageDataset): Promise<void> {
  const { id, height, width, channels, classNames, train, test, licence, attribution } = dataset;
  const meta: Meta = {
    format: 1,
    id,
    height,
    width,
    channels,
    classNames,
    train: train.count,
    test: test.count,
    licence,
    attribution,
    sha256: contentHash(dataset),
  };
  await writeFolder(cache, id, { "data.bin": sections(dataset), "meta.json": `${JSON.stringify(meta, null, 2)}\n` });
}

/** Puts files into `<cache>/<id>`; the folder appears complete, in place of the old one, or not at all. */
async function writeFolder(cache: string, id: string, files: Record<string, string | Uint8Array[]>): Promise<void> {
  await mkdir(cache, { recursive: true });
  const temporary = await mkdtemp(join(cache, `.${id}-`));
  try {
    for (const [name, content] of Object.entries(files)) await writeFileAtomic(join(temporary, name), content);
    await rm(join(cache, id), { recursive: true, force: true });
    await rename(temporary, join(cache, id));
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

/** Reads a stored data set; undefined if there is none. */
export async function readCached(cache: string, id: string): Promise<ImageDataset | undefined> {
  if (!isCached(cache, id)) return undefined;
  const folder = join(cache, id);
  const meta: Meta = JSON.parse(await readFile(join(folder, "meta.json"), "utf8"));
  const { height, width, channels, classNames, licence, attribution } = meta;
  const bytes = await readFile(join(folder, "data.bin"));
  const size = height * width * channels;
  const expected = (meta.train + meta.test) * (size + (classNames ? 2 : 0));
  if (meta.format !== 1 || bytes.length !== expected)
    throw new Error(
      `The cached data set ${folder} is damaged (${bytes.length} bytes instead of ${expected}). Remove that folder and get it again.`,
    );
  let offset = 0;
  const take = (length: number) => new Uint8Array(bytes.buffer, bytes.byteOffset + (offset += length) - length, length);
  const [trainPixels, testPixels] = [take(meta.train * size), take(meta.test * size)];
  const labels = (count: number) => (classNames ? new Uint16Array(take(2 * count).slice().buffer) : null);
  const split = (count: number, pixels: Uint8Array): ImageSplit => ({ count, pixels, labels: labels(count), channels });
  const [train, test] = [split(meta.train, trainPixels), split(meta.test, testPixels)];
  return { id, kind: "images", height, width, channels, classNames, train, test, licence, attribution };
}

const TEXT_PARTS = ["train", "judge", "test"] as const;

/** SHA-256 of a text's three parts, each ended by a zero byte. */
export function textHash(parts: TextParts): string {
  const hash = createHash("sha256");
  for (const part of TEXT_PARTS) hash.update(parts[part]).update("\0");
  return hash.digest("hex");
}

/** Stores a text as `<cache>/<id>/{train,judge,test}.txt` and `meta.json`. */
export async function writeCachedText(cache: string, dataset: TextDataset): Promise<void> {
  const { id, lines, licence, attribution } = dataset;
  const meta = { format: 1, id, lines, licence, attribution, sha256: textHash(dataset) };
  await writeFolder(cache, id, {
    ...Object.fromEntries(TEXT_PARTS.map((part) => [`${part}.txt`, dataset[part]])),
    "meta.json": `${JSON.stringify(meta, null, 2)}\n`,
  });
}

/** Reads a stored text; undefined if there is none. */
export async function readCachedText(cache: string, id: string): Promise<TextDataset | undefined> {
  if (!isCached(cache, id)) return undefined;
  const folder = join(cache, id);
  const { sha256, ...meta } = JSON.parse(await readFile(join(folder, "meta.json"), "utf8"));
  const read = async (part: string) => readFile(join(folder, `${part}.txt`), "utf8").catch(() => "");
  const [train, judge, test] = await Promise.all(TEXT_PARTS.map(read));
  const { lines, licence, attribution } = meta;
  const dataset: TextDataset = { id, kind: "text", lines, train, judge, test, licence, attribution };
  if (meta.format !== 1 || textHash(dataset) !== sha256)
    throw new Error(`The cached text ${folder} is damaged. Remove that folder and get it again.`);
  return dataset;
}

/** Completes what a reader delivered to a data set. */
export const describe = (
  parts: DatasetParts,
  about: Pick<ImageDataset, "id" | "licence" | "attribution">,
): ImageDataset => ({
  kind: "images",
  ...about,
  ...parts,
});
