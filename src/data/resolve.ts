import { readdir, stat } from "node:fs/promises";
import { basename, resolve } from "node:path";
import { WrongUse } from "../io/wrong-use.js";
import { isCifarFolder, readCifarFolder } from "./cifar.js";
import type { ImageDataset } from "./dataset.js";
import { encodingNamed } from "./encoding.js";
import { type FolderOptions, readImageFolder } from "./folder.js";
import { type GetOptions, getDataset, getText } from "./get.js";
import { isIdxFolder, readIdxFolder } from "./idx.js";
import { manifest } from "./manifest.js";
import { requireNoMistake, requireNoUrl } from "./no-data.js";
import { describe } from "./parts.js";
import { texts } from "./sources/texts.js";
import { type LongLines, longLineWays, type TextDataset } from "./text.js";
import { readTextFile, type TextFileOptions } from "./text-file.js";

export interface ResolveOptions extends GetOptions, FolderOptions {}

/**
 * A data set by name (`fashion-mnist`; fetched at the first use) or by path: a folder of pictures, of IDX files (MNIST
 * family, gzipped or not) or of CIFAR-10/100 binary files. `size`, `channels`, `crop` and `skipBroken` are for
 * pictures. A path that exists only by name is reached as `./mnist`.
 */
export async function resolveDataset(idOrPath: string, options: ResolveOptions = {}): Promise<ImageDataset> {
  if (Object.hasOwn(manifest, idOrPath)) return getDataset(idOrPath, options);
  requireNoUrl(idOrPath);
  const folder = resolve(idOrPath);
  const info = await stat(folder).catch(() => undefined);
  if (!info)
    throw new WrongUse(
      `"${idOrPath}" is neither a data set's name (${Object.keys(manifest).join(", ")}) nor a folder that exists.`,
    );
  if (!info.isDirectory()) {
    await requireNoMistake(folder);
    throw new WrongUse(`${idOrPath} is a file; images are read from a folder: give the one that they are in.`);
  }
  const files = await readdir(folder);
  const parts = isIdxFolder(files)
    ? await readIdxFolder(folder)
    : isCifarFolder(files)
      ? await readCifarFolder(folder)
      : await readImageFolder(folder, options);
  return describe(parts, { id: basename(folder), licence: "unknown", attribution: `pictures in ${basename(folder)}` });
}

/** How a text is read; of one that is known by name, only `lines` as it is. */
export interface TextOptions extends GetOptions, TextFileOptions {
  /** What becomes of lines of more tokens than a model's length; default: they are refused. */
  longLines?: LongLines;
}

/** Refuses what cannot be asked of a text, before it is read. */
function checkTextOptions(idOrPath: string, { lines, encoding, longLines }: TextOptions): void {
  const known = Object.hasOwn(texts, idOrPath) ? texts[idOrPath] : undefined;
  if (known && lines && !known.lines) throw new Error(`"${idOrPath}" is running text; leave out lines (--lines).`);
  if (known && encoding !== undefined)
    throw new Error(`"${idOrPath}" is no file, so that its encoding is known; leave out encoding (--encoding).`);
  if (encoding !== undefined) encodingNamed(encoding);
  if (longLines === undefined) return;
  if (!longLineWays.includes(longLines))
    throw new Error(`longLines is ${longLineWays.join(" or ")}, got "${longLines}".`);
  if (!(known?.lines ?? lines))
    throw new Error("Running text has no long lines; leave out longLines (--long-lines), or set lines (--lines).");
}

/** A text by name (`kjv`), or a file by path. `lines`: whether each line of the file stands for itself. */
export async function resolveText(idOrPath: string, options: TextOptions = {}): Promise<TextDataset> {
  checkTextOptions(idOrPath, options);
  const { longLines, ...others } = options;
  const way = longLines === undefined ? {} : { longLines };
  if (Object.hasOwn(texts, idOrPath)) return { ...(await getText(idOrPath, others)), ...way };
  requireNoUrl(idOrPath);
  const path = resolve(idOrPath);
  const info = await stat(path).catch(() => undefined);
  if (!info?.isFile())
    throw new WrongUse(
      `"${idOrPath}" is neither a text's name (${Object.keys(texts).join(", ")}) nor a file that exists.`,
    );
  await requireNoMistake(path);
  const id = basename(path);
  const parts = await readTextFile(path, others);
  return { kind: "text", id, ...parts, ...way, licence: "unknown", attribution: `the file ${id}` };
}

/** Whether a name or path stands for images or text: a file is a text, a folder holds images. */
async function kindOf(idOrPath: string): Promise<"images" | "text"> {
  if (Object.hasOwn(texts, idOrPath)) return "text";
  if (Object.hasOwn(manifest, idOrPath)) return "images";
  requireNoUrl(idOrPath);
  const info = await stat(resolve(idOrPath)).catch(() => undefined);
  if (info?.isFile()) await requireNoMistake(resolve(idOrPath));
  if (info) return info.isFile() ? "text" : "images";
  const names = [...Object.keys(manifest), ...Object.keys(texts)].join(", ");
  throw new WrongUse(`"${idOrPath}" is neither a data set's name (${names}) nor a file or folder that exists.`);
}

/** Options that only one kind of data has. */
const OF_TEXT = ["lines", "encoding", "longLines"] as const;
const OF_IMAGES = ["size", "channels", "crop", "skipBroken"] as const;

/** What a name or path stands for, without reading it. @throws where the options cannot be asked of it. */
export async function checkData(
  idOrPath: string,
  options: ResolveOptions & TextOptions = {},
): Promise<"images" | "text"> {
  const kind = await kindOf(idOrPath);
  const wrong = (kind === "text" ? OF_IMAGES : OF_TEXT).filter((name) => options[name] !== undefined);
  if (wrong.length > 0)
    throw new Error(`"${idOrPath}" is ${kind}, which has no ${wrong.join(" and no ")}; leave that out.`);
  if (kind === "text") checkTextOptions(idOrPath, options);
  return kind;
}

/** Images or text, whichever the name or path stands for. @see checkData */
export async function resolveData(
  idOrPath: string,
  options: ResolveOptions & TextOptions = {},
): Promise<ImageDataset | TextDataset> {
  const kind = await checkData(idOrPath, options);
  return kind === "text" ? resolveText(idOrPath, options) : resolveDataset(idOrPath, options);
}
