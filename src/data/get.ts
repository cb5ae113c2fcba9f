import { rm } from "node:fs/promises";
import { join } from "node:path";
import { cacheFolder, contentHash, describe, isCached, readCached, writeCached } from "./cache.js";
import type { ImageDataset } from "./dataset.js";
import { manifest } from "./manifest.js";
import type { Progress } from "./progress.js";
import type { PinnedDataset } from "./sources/source.js";

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
  title: string;
  height: number;
  width: number;
  channels: 1 | 3;
  classes: number;
  train: number;
  test: number;
  /** Approximate size of the download. */
  downloadBytes: number;
  licence: string;
  attribution: string;
  cached: boolean;
}

/** The data sets that can be had by name. */
export function listDatasets(cache = cacheFolder()): DatasetListing[] {
  return Object.entries(manifest).map(
    ([id, { title, height, width, channels, classes, train, test, bytes, ...rest }]) => ({
      id,
      title,
      height,
      width,
      channels,
      classes,
      train,
      test,
      downloadBytes: bytes,
      licence: rest.licence,
      attribution: rest.attribution,
      cached: isCached(cache, id),
    }),
  );
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

export async function getPinned(id: string, pinned: PinnedDataset, options: GetOptions = {}): Promise<ImageDataset> {
  const { cache = cacheFolder(), force = false, onProgress, signal } = options;
  if (!force) {
    const cached = await readCached(cache, id);
    if (cached) return cached;
  }
  const folder = join(cache, "downloads", id);
  const failures: string[] = [];
  for (const source of pinned.sources) {
    try {
      const parts = await source.load({ folder, onProgress, signal });
      const hash = contentHash(parts);
      if (hash !== pinned.sha256) {
        await rm(folder, { recursive: true, force: true });
        throw new Error(`its content has SHA-256 ${hash} instead of ${pinned.sha256}; it was not taken over`);
      }
      const dataset = describe(parts, { id, licence: pinned.licence, attribution: pinned.attribution });
      await writeCached(cache, dataset);
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
