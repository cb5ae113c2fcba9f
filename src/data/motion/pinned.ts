import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { commonMeta, damaged, otherContent, readMeta, type Shelf, writeFiles } from "../cache.js";
import type { LabelledClip, MotionDataset } from "../motion-dataset.js";
import type { Pinned } from "../sources/source.js";
import { withMirrored } from "./mirrored.js";
import { FPS, type ReadMotion } from "./read-file.js";

/** The files of a data set as they are, by name. */
export type MotionFiles = ReadonlyMap<string, Uint8Array>;

/** Motions with fixed content. `sha256`: of the files' names and bytes. */
export interface PinnedMotion extends Pinned<MotionFiles> {
  /** How many files there are, and how long all of them are in seconds. */
  clips: number;
  seconds: number;
  classNames: readonly string[];
  /** Whether each motion counts a second time as a mirror shows it. */
  mirror: boolean;
  /** What a file shows, and whether it is for testing. */
  describe(file: string): { className: string; captions: readonly string[]; test: boolean };
}

/** SHA-256 of files' names and bytes, in the order of their names. */
export function filesHash(files: MotionFiles): string {
  const hash = createHash("sha256");
  for (const name of [...files.keys()].sort()) {
    const bytes = files.get(name)!;
    hash.update(`${name}\0${bytes.length}\0`).update(bytes);
  }
  return hash.digest("hex");
}

const motionMeta = commonMeta.extend({ files: z.array(z.string().regex(/^[\w.-]+$/)) });

/** Files with what is known of them; the motions in them are read by `motionDataset`. */
export interface KeptFiles {
  files: MotionFiles;
  about: { id: string; licence: string; attribution: string };
}

/** The files of a data set are kept as they are, beside meta.json. */
export const motionShelf: Shelf<MotionFiles, KeptFiles, PinnedMotion> = {
  misfit: (files, pin) => otherContent(filesHash(files), pin.sha256),
  describe: (files, about) => ({ files, about }),
  write(cache, { files, about }, workspace) {
    const meta = { format: 1 as const, ...about, sha256: filesHash(files), files: [...files.keys()].sort() };
    return writeFiles(cache, meta, Object.fromEntries(files), workspace);
  },
  async read(cache, id, pin) {
    const meta = await readMeta(cache, id, motionMeta, pin.sha256);
    if (!meta) return undefined;
    const read = (name: string) =>
      readFile(join(cache, id, name)).catch((error: Error) =>
        Promise.reject(damaged(join(cache, id, name), error.message)),
      );
    const files = new Map(await Promise.all(meta.files.map(async (name) => [name, await read(name)] as const)));
    const changed = otherContent(filesHash(files), meta.sha256);
    if (changed) throw damaged(join(cache, id), changed);
    return this.describe(files, { id, licence: pin.licence, attribution: pin.attribution });
  },
};

/** The motions of kept files, on the body of 22 joints at 20 frames a second. */
export async function motionDataset({ files, about }: KeptFiles, pin: PinnedMotion): Promise<MotionDataset> {
  const { motionsOf } = await import("./read-file.js");
  const [train, test]: LabelledClip[][] = [[], []];
  for (const name of [...files.keys()].sort()) {
    const { className, captions, test: held } = pin.describe(name);
    const [{ clip }]: ReadMotion[] = await motionsOf(files.get(name)!, name);
    const label = pin.classNames.indexOf(className);
    (held ? test : train).push({ name, clip, segments: [{ start: 0, end: clip.frames, captions, label }] });
  }
  const classNames = [...pin.classNames];
  const all = (clips: LabelledClip[]) => (pin.mirror ? withMirrored(clips, classNames) : clips);
  return { ...about, kind: "motion", fps: FPS, classNames, origin: "captured", train: all(train), test: all(test) };
}
