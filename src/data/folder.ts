import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { decodeImage } from "../io/images.js";
import { reading } from "../io/reading.js";
import { type DatasetParts, type Part, withSplit } from "./parts.js";
import type { Progress } from "./progress.js";

export interface FolderOptions {
  /** Side in pixels, or [height, width]. Default: the first picture's own size if at most 64 × 64, else 32. */
  size?: number | readonly [number, number];
  /** Default: 1 if the first picture is grey, else 3. */
  channels?: 1 | 3;
  /** How pictures of another aspect ratio are fitted. Default "cover" (centre crop). */
  crop?: "cover" | "fill" | "contain";
  /** Leave out pictures that cannot be read instead of stopping at the first; `onSkip` hears of each. */
  skipBroken?: boolean;
  onSkip?: (path: string, error: Error) => void;
  onProgress?: Progress;
  signal?: AbortSignal;
}

interface Entry {
  path: string;
  label: number;
}

const PICTURE = /\.(png|jpe?g|webp|gif|tiff?|avif|svg)$/i;
const TRAIN = ["train", "training"];
const TEST = ["test", "testing", "val", "valid", "validation"];
const MAX_BYTES = 2 ** 32 - 1;

/**
 * Reads a folder of pictures: each subfolder is a class (pictures at any depth below it), or a flat folder is a set
 * without classes. `train/` and `test/` (or `val/`) inside are taken as the splits; otherwise a tenth is set aside.
 */
export async function readImageFolder(folder: string, options: FolderOptions = {}): Promise<DatasetParts> {
  const root = await list(folder);
  const train = root.folders.find((name) => TRAIN.includes(name.toLowerCase()));
  const test = TEST.map((wanted) => root.folders.find((name) => name.toLowerCase() === wanted)).find(Boolean);
  const found = train
    ? { train: await scan(join(folder, train)), test: test ? await scan(join(folder, test)) : undefined }
    : { train: await scan(folder), test: undefined };

  const names = (side?: { classNames: string[] | null }) => side?.classNames ?? [];
  const classNames = [...new Set([...names(found.train), ...names(found.test)])].sort();
  const entries = (side: Scan) =>
    side.files.map(
      ({ path, className }): Entry => ({ path, label: className === null ? -1 : classNames.indexOf(className) }),
    );
  const first = found.train.files[0];
  if (!first) throw new Error(`${folder} has no pictures (PNG, JPEG, WebP, GIF, TIFF, AVIF or SVG).`);
  const layout = await resolveLayout(
    found.train.files.map(({ path }) => path),
    options,
  );
  const read = async (side: Scan | undefined): Promise<Part | undefined> =>
    side && (await readAll(entries(side), layout, options));
  return withSplit({ train: await read(found.train), test: await read(found.test) }, folder, classNames);
}

interface Scan {
  files: { path: string; className: string | null }[];
  classNames: string[] | null;
}

async function scan(folder: string): Promise<Scan> {
  const { files, folders } = await list(folder);
  const classes = await Promise.all(folders.map(async (name) => ({ name, paths: await pictures(join(folder, name)) })));
  const filled = classes.filter(({ paths }) => paths.length > 0);
  if (filled.length > 0 && files.length > 0)
    throw new Error(
      `${folder} has pictures both in itself (${files[0]}) and in subfolders (${filled[0].name}). Subfolders are classes; move the loose pictures into one.`,
    );
  if (filled.length === 0)
    return { files: files.map((name) => ({ path: join(folder, name), className: null })), classNames: null };
  return {
    files: filled.flatMap(({ name, paths }) => paths.map((path) => ({ path, className: name }))),
    classNames: filled.map(({ name }) => name),
  };
}

async function list(folder: string): Promise<{ files: string[]; folders: string[] }> {
  const entries = (await reading(folder, () => readdir(folder, { withFileTypes: true }))).filter(
    ({ name }) => !name.startsWith("."),
  );
  const names = (keep: (entry: (typeof entries)[number]) => boolean) =>
    entries
      .filter(keep)
      .map(({ name }) => name)
      .sort();
  return {
    files: names((entry) => !entry.isDirectory() && PICTURE.test(entry.name)),
    folders: names((entry) => entry.isDirectory()),
  };
}

async function pictures(folder: string): Promise<string[]> {
  const { files, folders } = await list(folder);
  const below = await Promise.all(folders.map((name) => pictures(join(folder, name))));
  return [...files.map((name) => join(folder, name)), ...below.flat()];
}

interface Layout {
  height: number;
  width: number;
  channels: 1 | 3;
}

async function resolveLayout(paths: string[], { size, channels, skipBroken }: FolderOptions): Promise<Layout> {
  const sides = typeof size === "number" ? [size, size] : size;
  if (sides && !sides.every((side) => Number.isInteger(side) && side >= 1 && side <= 4096))
    throw new Error(`size is a side in pixels from 1 to 4096, or [height, width]; got ${JSON.stringify(size)}.`);
  if (channels !== undefined && channels !== 1 && channels !== 3)
    throw new Error(`channels is 1 or 3, got ${channels}.`);
  if (sides && channels) return { height: sides[0], width: sides[1], channels };
  const { default: sharp } = await import("sharp");
  for (const path of paths) {
    const info = await sharp(path)
      .metadata()
      .catch((error: Error) => error);
    if (info instanceof Error) {
      if (skipBroken) continue;
      throw new Error(`Could not read the image ${path}: ${info.message}. skipBroken leaves such files out.`, {
        cause: info,
      });
    }
    const { height, width } = info.autoOrient;
    const [h, w] = sides ?? (height <= 64 && width <= 64 ? [height, width] : [32, 32]);
    return { height: h, width: w, channels: channels ?? (info.space === "b-w" || info.space === "grey16" ? 1 : 3) };
  }
  throw new Error(`None of the ${paths.length} pictures can be read, beginning with ${paths[0]}.`);
}

/** Decodes pictures, eight at a time, in the order of `entries`. */
async function readAll(entries: Entry[], layout: Layout, options: FolderOptions): Promise<Part> {
  const { height, width, channels } = layout;
  const size = height * width * channels;
  if (entries.length * size > MAX_BYTES)
    throw new Error(`${entries.length} images of ${height}×${width}×${channels} exceed 4 GiB; choose a smaller size.`);
  const pixels = new Uint8Array(entries.length * size);
  const broken = new Set<number>();
  let next = 0;
  let done = 0;
  const worker = async () => {
    while (next < entries.length) {
      options.signal?.throwIfAborted();
      const index = next++;
      const { path } = entries[index];
      try {
        const picture = await decodeImage(path, { ...layout, fit: options.crop ?? "cover" });
        pixels.set(picture.pixels, index * size);
      } catch (error) {
        if (!options.skipBroken) {
          next = entries.length;
          throw new Error(`${(error as Error).message}. skipBroken leaves such files out.`, { cause: error });
        }
        broken.add(index);
        options.onSkip?.(path, error as Error);
      }
      options.onProgress?.({ task: "reading pictures", done: ++done, total: entries.length, unit: "images" });
    }
  };
  await Promise.all(Array.from({ length: 8 }, worker));
  const kept = entries.map((_, i) => i).filter((i) => !broken.has(i));
  for (const [to, from] of kept.entries())
    if (from !== to) pixels.copyWithin(to * size, from * size, (from + 1) * size);
  const labelled = entries.length > 0 && entries[0].label >= 0;
  return {
    ...layout,
    count: kept.length,
    pixels: pixels.subarray(0, kept.length * size),
    labels: labelled ? Uint16Array.from(kept, (i) => entries[i].label) : null,
  };
}
