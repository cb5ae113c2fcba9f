import { readdir, stat } from "node:fs/promises";
import { basename, resolve } from "node:path";
import { describe } from "./cache.js";
import { isCifarFolder, readCifarFolder } from "./cifar.js";
import type { ImageDataset } from "./dataset.js";
import { type FolderOptions, readImageFolder } from "./folder.js";
import { type GetOptions, getDataset } from "./get.js";
import { isIdxFolder, readIdxFolder } from "./idx.js";
import { manifest } from "./manifest.js";

export interface ResolveOptions extends GetOptions, FolderOptions {}

/**
 * A data set by name (`fashion-mnist`; fetched at the first use) or by path: a folder of pictures, of IDX files (MNIST
 * family, gzipped or not) or of CIFAR-10/100 binary files. `size`, `channels`, `crop` and `skipBroken` are for pictures.
 * A path that exists only by name is reached as `./mnist`.
 */
export async function resolveDataset(idOrPath: string, options: ResolveOptions = {}): Promise<ImageDataset> {
  if (Object.hasOwn(manifest, idOrPath)) return getDataset(idOrPath, options);
  const folder = resolve(idOrPath);
  const info = await stat(folder).catch(() => undefined);
  if (!info)
    throw new Error(
      `"${idOrPath}" is neither a data set's name (${Object.keys(manifest).join(", ")}) nor a folder that exists.`,
    );
  if (!info.isDirectory()) throw new Error(`${idOrPath} is a file; give the folder that it is in.`);
  const files = await readdir(folder);
  const parts = isIdxFolder(files)
    ? await readIdxFolder(folder)
    : isCifarFolder(files)
      ? await readCifarFolder(folder)
      : await readImageFolder(folder, options);
  return describe(parts, { id: basename(folder), licence: "unknown", attribution: `pictures in ${basename(folder)}` });
}
