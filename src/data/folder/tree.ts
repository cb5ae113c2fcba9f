import type { Dirent } from "node:fs";
import { readdir, realpath, stat } from "node:fs/promises";
import { join } from "node:path";
import { reading } from "../../io/reading.js";

/** A folder with what is below it. */
export interface Folder {
  /** In one spelling (NFC), whatever the file system's. */
  name: string;
  path: string;
  /** Paths of files whose format is read, in the order of their names. */
  pictures: string[];
  folders: Folder[];
  /** Paths of files of other formats. */
  others: string[];
  /** Links that lead nowhere or back, and what is neither a file nor a folder. */
  odd: Odd[];
  /** Folders that cannot be opened. */
  closed: Odd[];
}

/** A path and what is wrong with it. */
export interface Odd {
  path: string;
  why: string;
}

const PICTURE = /\.(png|jpe?g|jpe|jfif|webp|gif|tiff?|avif|svg|bmp|dib)$/i;
/** Pictures of formats that are not read. */
const OTHER_PICTURE =
  /\.(heic|heif|hif|jxl|jp2|j2k|psd|psb|xcf|ico|tga|exr|hdr|pbm|pgm|ppm|pnm|dng|cr2|cr3|nef|arw|orf|rw2|raf|pcx|dcm)$/i;

/** For messages. */
export const FORMATS = "PNG, JPEG, WebP, GIF, TIFF, AVIF, SVG or BMP";
export const isOtherPicture = (path: string): boolean => OTHER_PICTURE.test(path);

/** Folders that systems and archivers leave behind. */
const JUNK = new Set(["@eadir", "__macosx", "#recycle", "@recycle", "$recycle.bin", "system volume information"]);
const isHidden = (name: string) => name.startsWith(".") || JUNK.has(name.toLowerCase()) || /^[@#]snapshot$/i.test(name);

/** Folders are read a few at a time. Links are followed, except back into a folder that they are in. */
export async function readTree(path: string, name = "", above: readonly string[] = []): Promise<Folder> {
  const folder: Folder = {
    name: name.normalize("NFC"),
    path,
    pictures: [],
    folders: [],
    others: [],
    odd: [],
    closed: [],
  };
  const here = [...above, await realpath(path)];
  const entries = await reading(path, () => readdir(path, { withFileTypes: true }));
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    if (isHidden(entry.name)) continue;
    const below = join(path, entry.name);
    const kind = await kindOf(entry, below);
    if (kind === "folder" && entry.isSymbolicLink() && here.includes(await realpath(below)))
      folder.odd.push({ path: below, why: "it is a link back to a folder that it is in" });
    else if (kind === "folder")
      await readTree(below, entry.name, here).then(
        (found) => folder.folders.push(found),
        (error: Error) => folder.closed.push({ path: below, why: error.message }),
      );
    else if (kind !== "file") folder.odd.push({ path: below, why: kind });
    else if (PICTURE.test(entry.name)) folder.pictures.push(below);
    else folder.others.push(below);
  }
  return folder;
}

async function kindOf(entry: Dirent, path: string): Promise<"folder" | "file" | string> {
  const info = entry.isSymbolicLink() ? await stat(path).catch(() => null) : entry;
  if (!info) return "it is a link to nothing";
  return info.isDirectory() ? "folder" : info.isFile() ? "file" : "it is neither a file nor a folder";
}

/** All of a kind in a folder and below it. */
export const below = <K extends "pictures" | "others" | "odd" | "closed">(
  folder: Folder,
  kind: K,
): Folder[K][number][] => [...folder[kind], ...folder.folders.flatMap((one) => below(one, kind))];

/** Paths of the folders below one that hold nothing at all, not even a folder. */
export const emptyFolders = ({ folders }: Folder): string[] =>
  folders.flatMap((one) =>
    one.folders.length + one.pictures.length + one.others.length + one.odd.length + one.closed.length === 0
      ? [one.path]
      : emptyFolders(one),
  );

export const hasPictures = ({ pictures, folders }: Folder): boolean => pictures.length > 0 || folders.some(hasPictures);

/** By code points, with runs of digits as numbers: 2 before 10. */
export function naturalOrder(a: string, b: string): number {
  const [left, right] = [a, b].map((text) => text.match(/\d+|\D+/g) ?? []);
  for (let i = 0; i < Math.min(left.length, right.length); i++) {
    const [x, y] = [left[i], right[i]];
    const order = /^\d/.test(x) && /^\d/.test(y) ? Number(x) - Number(y) : 0;
    if (order !== 0) return order;
    if (x !== y && !(Number(x) === Number(y))) return x < y ? -1 : 1;
  }
  return left.length - right.length || (a < b ? -1 : a > b ? 1 : 0);
}
