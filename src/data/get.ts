import { rm } from "node:fs/promises";
import { join } from "node:path";
import { WrongUse } from "../io/wrong-use.js";
import { cacheFolder, isCached, type Shelf } from "./cache.js";
import { imageShelf } from "./cached-images.js";
import { textShelf } from "./cached-text.js";
import type { ImageDataset } from "./dataset.js";
import { dialogues } from "./dialogue/named.js";
import { manifest } from "./manifest.js";
import { made } from "./motion/made.js";
import { motionNames } from "./motion/names.js";
import { motionDataset, motionShelf } from "./motion/pinned.js";
import type { MotionDataset } from "./motion-dataset.js";
import type { Progress } from "./progress.js";
import { questions } from "./scenes/named.js";
import { motions } from "./sources/motions.js";
import type { Pinned, PinnedDataset } from "./sources/source.js";
import { texts } from "./sources/texts.js";
import type { TextDataset } from "./text.js";
import { withWorkspace } from "./workspace.js";

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
  kind: "images" | "text" | "motion" | "dialogue" | "questions";
  title: string;
  /** Sizes, for people: "60000 + 10000 of 28×28×1", "lines", "running text" or "81 motions, 653 s". */
  content: string;
  /** 0 where there are none. */
  classes: number;
  /** Approximate size of the download; 0 of what is made where it is used. */
  downloadBytes: number;
  licence: string;
  attribution: string;
  cached: boolean;
}

/** The data sets by name. */
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
    ...Object.entries(motions).map(([id, pinned]) => ({
      id,
      kind: "motion" as const,
      content: `${pinned.clips} motions, ${pinned.seconds} s`,
      classes: pinned.classNames.length,
      ...about(id, pinned),
    })),
    ...Object.entries(made).map(([id, { make: _, ...about }]) => ({
      ...{ id, kind: "motion" as const, downloadBytes: 0, cached: true },
      ...about,
    })),
    ...Object.entries(dialogues).map(([id, { make: _, ...about }]) => ({
      ...{ id, kind: "dialogue" as const, downloadBytes: 0, cached: true },
      ...about,
    })),
    ...Object.entries(questions).map(([id, { make: _, ...about }]) => ({
      ...{ id, kind: "questions" as const, downloadBytes: 0, cached: true },
      ...about,
    })),
  ];
}

/**
 * A data set by name: from the cache, or fetched from the first source that works; both are checked against the
 * manifest's hash. What is fetched is cached. Whatever fails, or ends the process, a data set that is already cached
 * stays, and several processes may ask at once. Throws if the cached one is damaged: `force` replaces it.
 */
export async function getDataset(id: string, options: GetOptions = {}): Promise<ImageDataset> {
  const pinned = Object.hasOwn(manifest, id) ? manifest[id] : undefined;
  if (!pinned) throw new WrongUse(`There is no data set "${id}"; known are ${Object.keys(manifest).join(", ")}.`);
  return getPinned(id, pinned, options);
}

/** A text by name, as `getDataset`. */
export async function getText(id: string, options: GetOptions = {}): Promise<TextDataset> {
  const pinned = Object.hasOwn(texts, id) ? texts[id] : undefined;
  if (!pinned) throw new WrongUse(`There is no text "${id}"; known are ${Object.keys(texts).join(", ")}.`);
  return getOnto(textShelf, id, pinned, options);
}

/** Motions by name, as `getDataset`; those that a procedure makes are made anew. */
export async function getMotion(id: string, options: GetOptions = {}): Promise<MotionDataset> {
  if (Object.hasOwn(made, id)) return made[id].make({ onProgress: options.onProgress, signal: options.signal });
  const pinned = Object.hasOwn(motions, id) ? motions[id] : undefined;
  if (!pinned) throw new WrongUse(`There is no set of motions "${id}"; known are ${motionNames.join(", ")}.`);
  return motionDataset(await getOnto(motionShelf, id, pinned, options), pinned);
}

export const getPinned = (id: string, pinned: PinnedDataset, options: GetOptions = {}): Promise<ImageDataset> =>
  getOnto(imageShelf, id, pinned, options);

async function getOnto<Parts, Data, Pin extends Pinned<Parts>>(
  shelf: Shelf<Parts, Data, Pin>,
  id: string,
  pinned: Pin,
  { cache = cacheFolder(), force = false, onProgress, signal }: GetOptions,
): Promise<Data> {
  const fromCache = async () => (force ? undefined : shelf.read(cache, id, pinned));
  const cached = await fromCache();
  if (cached) return cached;
  return withWorkspace(join(cache, "downloads", id), async (folder) => {
    const failures: string[] = [];
    for (const source of pinned.sources) {
      try {
        const parts = await source.load({ folder, onProgress, signal });
        const wrong = shelf.misfit(parts, pinned);
        if (wrong) {
          await rm(folder, { recursive: true, force: true });
          throw new Error(`${wrong}; it was not kept`);
        }
        const dataset = shelf.describe(parts, { id, licence: pinned.licence, attribution: pinned.attribution });
        await shelf.write(cache, dataset, folder);
        return dataset;
      } catch (error) {
        signal?.throwIfAborted();
        failures.push(`- ${source.name}: ${(error as Error).message}`);
      }
      const finishedByAnother = await fromCache();
      if (finishedByAnother) return finishedByAnother;
    }
    const kept = isCached(cache, id) ? " The copy in the cache is untouched." : "";
    throw new Error(`The data set ${id} could not be fetched.${kept}\n${failures.join("\n")}`);
  });
}
