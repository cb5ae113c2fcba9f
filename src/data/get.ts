import { rm } from "node:fs/promises";
import { join } from "node:path";
import {
  cacheFolder,
  contentHash,
  describe,
  isCached,
  readCached,
  readCachedText,
  textHash,
  writeCached,
  writeCachedText,
} from "./cache.js";
import type { ImageDataset } from "./dataset.js";
import { manifest } from "./manifest.js";
import type { DatasetParts } from "./parts.js";
import type { Progress } from "./progress.js";
import type { Pinned } from "./sources/source.js";
import { texts } from "./sources/texts.js";
import type { TextDataset, TextParts } from "./text.js";

export interface GetOptions {
  /** Where data sets are kept. Default: `cacheFolder()`. */
  cache?: string;
  /** Fetch again although it is there. */
  force?: boolean;
  onProgress?: Progress;
  signal?: AbortSignal;
}

/** A line of `fewstep data list`. */
export interface DatasetListing {
  id: string;
  kind: "images" | "text";
  title: string;
  /** Sizes, for people: "60000 + 10000 of 28×28×1" or "lines" or "running text". */
  content: string;
  /** 0 where there are none. */
  classes: number;
  /** Approximate size of the download. */
  downloadBytes: number;
  licence: string;
  attribution: string;
  cached: boolean;
}

/** The data sets that can be had by name. */
export function listDatasets(cache = cacheFolder()): DatasetListing[] {
  const about = (id: string, { title, bytes, licence, attribution }: Pinned<unknown>) => ({
    title,
    downloadBytes: bytes,
    licence,
    attribution,
    cached: isCached(cache, id),
  });
  return [
    ...Object.entries(manifest).map(([id, pinned]) => {
      const { height, width, channels, classes, train, test } = pinned;
      const content = `${train} + ${test} images of ${width}×${height}×${channels}`;
      return { id, kind: "images" as const, content, classes, ...about(id, pinned) };
    }),
    ...Object.entries(texts).map(([id, pinned]) => ({
      id,
      kind: "text" as const,
      content: pinned.lines ? "lines" : "running text",
      classes: 0,
      ...about(id, pinned),
    })),
  ];
}

/**
 * A data set by name: from the cache, or fetched from the first source that works, checked against the manifest's hash
 * and then cached. Whatever fails, a data set that is already cached stays.
 */
export async function getDataset(id: string, options: GetOptions = {}): Promise<ImageDataset> {
  const pinned = Object.hasOwn(manifest, id) ? manifest[id] : undefined;
  if (!pinned) throw new Error(`There is no data set "${id}"; known are ${Object.keys(manifest).join(", ")}.`);
  return getPinned(id, pinned, options);
}

/** A text by name, as `getDataset`. */
export async function getText(id: string, options: GetOptions = {}): Promise<TextDataset> {
  const pinned = Object.hasOwn(texts, id) ? texts[id] : undefined;
  if (!pinned) throw new Error(`There is no text "${id}"; known are ${Object.keys(texts).join(", ")}.`);
  return getPinned(id, pinned, options, textShelf);
}

/** How data sets of one kind are checked and kept. */
interface Shelf<Parts, Data> {
  hash(parts: Parts): string;
  describe(parts: Parts, about: Pick<ImageDataset, "id" | "licence" | "attribution">): Data;
  write(cache: string, data: Data): Promise<void>;
  read(cache: string, id: string): Promise<Data | undefined>;
}

const imageShelf: Shelf<DatasetParts, ImageDataset> = {
  hash: contentHash,
  describe,
  write: writeCached,
  read: readCached,
};
const textShelf: Shelf<TextParts, TextDataset> = {
  hash: textHash,
  describe: (parts, about) => ({ kind: "text", ...about, ...parts }),
  write: writeCachedText,
  read: readCachedText,
};

export async function getPinned<Parts = DatasetParts, Data = ImageDataset>(
  id: string,
  pinned: Pinned<Parts>,
  options: GetOptions = {},
  shelf = imageShelf as unknown as Shelf<Parts, Data>,
): Promise<Data> {
  const { cache = cacheFolder(), force = false, onProgress, signal } = options;
  if (!force) {
    const cached = await shelf.read(cache, id);
    if (cached) return cached;
  }
  const folder = join(cache, "downloads", id);
  const failures: string[] = [];
  for (const source of pinned.sources) {
    try {
      const parts = await source.load({ folder, onProgress, signal });
      const hash = shelf.hash(parts);
      if (hash !== pinned.sha256) {
        await rm(folder, { recursive: true, force: true });
        throw new Error(`its content has SHA-256 ${hash} instead of ${pinned.sha256}; it was not taken over`);
      }
      const dataset = shelf.describe(parts, { id, licence: pinned.licence, attribution: pinned.attribution });
      await shelf.write(cache, dataset);
      await rm(folder, { recursive: true, force: true });
      return dataset;
    } catch (error) {
      signal?.throwIfAborted();
      failures.push(`- ${source.name}: ${(error as Error).message}`);
    }
  }
  const kept = isCached(cache, id) ? " The copy in the cache is untouched." : "";
  throw new Error(`The data set ${id} could not be fetched.${kept}\n${failures.join("\n")}`);
}
