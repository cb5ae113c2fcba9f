import { readdir, readFile, stat } from "node:fs/promises";
import { basename, resolve } from "node:path";
import { reading } from "../io/reading.js";
import { isCifarFolder, readCifarFolder } from "./cifar.js";
import type { ImageDataset } from "./dataset.js";
import { type FolderOptions, readImageFolder } from "./folder.js";
import { type GetOptions, getDataset, getText } from "./get.js";
import { isIdxFolder, readIdxFolder } from "./idx.js";
import { manifest } from "./manifest.js";
import { describe } from "./parts.js";
import { texts } from "./sources/texts.js";
import { decodeUtf8, splitText, type TextDataset } from "./text.js";

export interface ResolveOptions extends GetOptions, FolderOptions {}

/**
 * A data set by name (`fashion-mnist`; fetched at the first use) or by path: a folder of pictures, of IDX files (MNIST
 * family, gzipped or not) or of CIFAR-10/100 binary files. `size`, `channels`, `crop` and `skipBroken` are for
 * pictures. A path that exists only by name is reached as `./mnist`.
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

/** A text by name (`kjv`) or a UTF-8 file by path. `lines`: whether each line of the file stands for itself. */
export async function resolveText(
  idOrPath: string,
  { lines = false, ...options }: GetOptions & { lines?: boolean } = {},
): Promise<TextDataset> {
  if (Object.hasOwn(texts, idOrPath)) return getText(idOrPath, options);
  const path = resolve(idOrPath);
  const info = await stat(path).catch(() => undefined);
  if (!info?.isFile())
    throw new Error(
      `"${idOrPath}" is neither a text's name (${Object.keys(texts).join(", ")}) nor a file that exists.`,
    );
  const name = basename(path);
  const text = decodeUtf8(await reading(path, () => readFile(path)), name).replace(/^\uFEFF/, "");
  const parts = splitText(text.replaceAll("\r\n", "\n"), { lines, name });
  return { kind: "text", id: name, ...parts, licence: "unknown", attribution: `the file ${name}` };
}

/** Images or text, whichever the name or path stands for: a file is a text, a folder holds images. */
export async function resolveData(
  idOrPath: string,
  options: ResolveOptions & { lines?: boolean } = {},
): Promise<ImageDataset | TextDataset> {
  const info = await stat(resolve(idOrPath)).catch(() => undefined);
  const known = Object.hasOwn(manifest, idOrPath);
  if (Object.hasOwn(texts, idOrPath) || (info?.isFile() && !known)) return resolveText(idOrPath, options);
  if (known || info) return resolveDataset(idOrPath, options);
  const names = [...Object.keys(manifest), ...Object.keys(texts)].join(", ");
  throw new Error(`"${idOrPath}" is neither a data set's name (${names}) nor a file or folder that exists.`);
}
