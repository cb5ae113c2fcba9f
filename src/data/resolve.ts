import { readdir, readFile, stat } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { channelNames } from "../io/channels.js";
import { many } from "../io/show.js";
import { WrongUse } from "../io/wrong-use.js";
import { isCifarFolder, readCifarFolder } from "./cifar.js";
import type { ImageDataset } from "./dataset.js";
import { dialogueNames } from "./dialogue/named.js";
import type { DialogueDataset } from "./dialogue-dataset.js";
import { encodingNamed } from "./encoding.js";
import { countClasses, type FolderOptions, readImageFolder } from "./folder.js";
import { type GetOptions, getDataset, getText } from "./get.js";
import { isIdxFolder, readIdxFolder } from "./idx.js";
import { isTextList } from "./json-texts.js";
import { manifest } from "./manifest.js";
import { motionNames } from "./motion/names.js";
import type { MotionDataset } from "./motion-dataset.js";
import { namesakeNotes } from "./namesake.js";
import { requireFolder, requireNoMistake, requirePlace } from "./no-data.js";
import { type DatasetParts, describe } from "./parts.js";
import { requireReading } from "./reading.js";
import { classesText, type DataReport, dataReport, sha256, testText } from "./report.js";
import type { SceneDataset } from "./scenes/dataset.js";
import { questionNames, resolveQuestions } from "./scenes/named.js";
import { texts } from "./sources/texts.js";
import { type LongLines, longLineWays, type TextDataset } from "./text.js";
import { readTextFile, type TextFileOptions } from "./text-file.js";
import { textReport } from "./text-report.js";

export interface ResolveOptions extends GetOptions, FolderOptions {}

/**
 * A data set by name (`fashion-mnist`; fetched at the first use) or by path: a folder of pictures, of IDX files (MNIST
 * family, gzipped or not) or of CIFAR-10/100 binary files. The options of `FolderOptions` are for pictures. A path that
 * is also a name is reached as `./mnist`. Its `report` says what was read.
 */
export async function resolveDataset(idOrPath: string, options: ResolveOptions = {}): Promise<ImageDataset> {
  requireReading(idOrPath, options);
  if (Object.hasOwn(manifest, idOrPath)) {
    const dataset = await getDataset(idOrPath, options);
    const report = { ...partsReport(dataset, {}), notes: namesakeNotes(idOrPath) };
    return { ...dataset, report: dataReport({ kind: "images", id: idOrPath, path: null, ...report }) };
  }
  const folder = await requireFolder(idOrPath, Object.keys(manifest), "images");
  const id = basename(folder);
  const files = await readdir(folder);
  const read = isIdxFolder(files) ? readIdxFolder : isCifarFolder(files) ? readCifarFolder : null;
  const { parts, report } = read
    ? await read(folder).then(async (parts) => ({ parts, report: partsReport(parts, await hashes(folder, files)) }))
    : await readImageFolder(folder, options);
  return {
    ...describe(parts, { id, licence: "unknown", attribution: `pictures in ${id}` }),
    report: dataReport({ kind: "images", id, path: folder, ...report }),
  };
}

/** The report of data whose files say all themselves. */
function partsReport(
  parts: DatasetParts,
  files: Record<string, string>,
): Omit<DataReport, "kind" | "id" | "path" | "sha256"> {
  const { height, width, channels, classNames } = parts;
  const [train, test] = [parts.train.count, parts.test.count];
  const classes = classNames && countClasses(classNames, parts);
  const size = `${width}×${height} ${channelNames[channels]}`;
  const content = [many(train + test, "picture"), classesText(classes), testText(train, test), size];
  return { content, leftOut: [], notes: [], classes, train, test, files };
}

async function hashes(folder: string, names: readonly string[]): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const name of names.filter((name) => /ubyte|\.bin|\.txt/.test(name)))
    found[name] = sha256(await readFile(join(folder, name)));
  return found;
}

/** How a text is read; of one that is known by name, only `lines` as it is. */
export interface TextOptions extends GetOptions, TextFileOptions {
  /** What becomes of lines of more tokens than a model's length; default: they are refused. */
  longLines?: LongLines;
}

/** Refuses what cannot be asked of a text, before it is read. */
function checkTextOptions(idOrPath: string, { lines, encoding, longLines }: TextOptions): void {
  const known = Object.hasOwn(texts, idOrPath) ? texts[idOrPath] : undefined;
  if (known && lines && !known.lines) throw new WrongUse(`"${idOrPath}" is running text; leave out lines (--lines).`);
  if (known && encoding !== undefined)
    throw new WrongUse(`"${idOrPath}" is no file, so that its encoding is known; leave out encoding (--encoding).`);
  if (encoding !== undefined) encodingNamed(encoding);
  if (longLines === undefined) return;
  if (!longLineWays.includes(longLines))
    throw new WrongUse(`longLines is ${longLineWays.join(" or ")}, got "${longLines}".`);
  if (!(known?.lines ?? (lines || isTextList(idOrPath))))
    throw new WrongUse("Running text has no long lines; leave out longLines (--long-lines), or set lines (--lines).");
}

/**
 * A text by name (`kjv`), or a file by path. `lines`: whether each line of the file stands for itself, as the texts of a
 * JSON list do anyway.
 */
export async function resolveText(idOrPath: string, options: TextOptions = {}): Promise<TextDataset> {
  requireReading(idOrPath, options);
  checkTextOptions(idOrPath, options);
  const { longLines, ...others } = options;
  const way = longLines === undefined ? {} : { longLines };
  if (Object.hasOwn(texts, idOrPath)) {
    const text = { ...(await getText(idOrPath, others)), ...way };
    return { ...text, report: textReport(text, { path: null, files: {}, notes: namesakeNotes(idOrPath) }) };
  }
  requirePlace(idOrPath);
  const path = resolve(idOrPath);
  const info = await stat(path).catch(() => undefined);
  if (!info?.isFile())
    throw new WrongUse(
      `"${idOrPath}" is neither a text's name (${Object.keys(texts).join(", ")}) nor a file that exists.`,
    );
  await requireNoMistake(path);
  const id = basename(path);
  const { sha256, ...parts } = await readTextFile(path, others);
  const text = { kind: "text" as const, id, ...parts, ...way, licence: "unknown", attribution: `the file ${id}` };
  return { ...text, report: textReport(text, { path, files: { "the file": sha256 } }) };
}

/** What data are of. */
export type DataKind = "images" | "text" | "motion" | "dialogue" | "questions";

/** Whether a folder holds dialogues: sounds beside motions, or Seamless Interaction's layout. */
const holdsDialogues = async (folder: string): Promise<boolean> =>
  (await import("./dialogue/folder.js")).isDialogueFolder(folder);

/** Whether a folder holds motions, and no pictures. */
async function holdsMotions(folder: string): Promise<boolean> {
  const [{ hasMotionsOnly }, { isHumanmlFolder }] = await Promise.all([
    import("./motion/folder.js"),
    import("./motion/humanml-folder.js"),
  ]);
  return isHumanmlFolder(await readdir(folder)) || hasMotionsOnly(folder);
}

/** What a name or path stands for: a file is a text, a folder holds pictures, motions or dialogues. */
async function kindOf(idOrPath: string): Promise<DataKind> {
  if (Object.hasOwn(texts, idOrPath)) return "text";
  if (motionNames.includes(idOrPath)) return "motion";
  if (dialogueNames.includes(idOrPath)) return "dialogue";
  if (questionNames.includes(idOrPath)) return "questions";
  if (Object.hasOwn(manifest, idOrPath)) return "images";
  requirePlace(idOrPath);
  const info = await stat(resolve(idOrPath)).catch(() => undefined);
  if (info?.isFile()) await requireNoMistake(resolve(idOrPath));
  if (info?.isFile()) return "text";
  if (info && (await holdsDialogues(resolve(idOrPath)))) return "dialogue";
  if (info) return (await holdsMotions(resolve(idOrPath))) ? "motion" : "images";
  const names = [
    ...Object.keys(manifest),
    ...Object.keys(texts),
    ...motionNames,
    ...dialogueNames,
    ...questionNames,
  ].join(", ");
  throw new WrongUse(`"${idOrPath}" is neither a data set's name (${names}) nor a file or folder that exists.`);
}

/** Options that only one kind of data has, with their flags. */
const OF_TEXT = { lines: "--lines", encoding: "--encoding", longLines: "--long-lines" };
const OF_PICTURES = {
  size: "--size",
  channels: "--channels",
  crop: "crop",
  background: "--background",
  frames: "--frames",
  skipBroken: "--skip-broken",
};

/** Throws where an option is given that what was found has no use for. */
function refuse(options: object, flags: Readonly<Record<string, string>>, what: string): void {
  const idle = Object.keys(flags).filter((name) => options[name as keyof typeof options] !== undefined);
  if (idle.length === 0) return;
  const named = idle.map((name) => flags[name]).join(", ");
  throw new WrongUse(`${what}, for which ${named} would have no effect; leave it out.`);
}

/** Why pictures are as they are, so that options of reading have no effect; null where they are files of a folder. */
async function fixedPictures(idOrPath: string): Promise<string | null> {
  if (Object.hasOwn(manifest, idOrPath)) return `"${idOrPath}" is a data set by name`;
  const files = await readdir(resolve(idOrPath)).catch(() => []);
  const format = isIdxFolder(files) ? "IDX" : isCifarFolder(files) ? "CIFAR" : null;
  return format && `${idOrPath} holds ${format} files`;
}

/** What a name or path stands for, without reading it. @throws WrongUse where an option would have no effect. */
export async function checkData(idOrPath: string, options: ResolveOptions & TextOptions = {}): Promise<DataKind> {
  requireReading(idOrPath, options);
  const kind = await kindOf(idOrPath);
  if (kind === "motion" || kind === "dialogue") {
    const { skipBroken: _, ...pictures } = OF_PICTURES;
    const named = motionNames.includes(idOrPath) || dialogueNames.includes(idOrPath);
    const what = kind === "motion" ? "motions" : "dialogues";
    refuse(options, { ...OF_TEXT, ...(named ? OF_PICTURES : pictures) }, `${idOrPath} holds ${what}`);
  } else if (kind === "questions") {
    refuse(options, { ...OF_TEXT, ...OF_PICTURES }, `"${idOrPath}" is a data set by name`);
  } else if (kind === "text") {
    refuse(options, OF_PICTURES, `${idOrPath} is a text`);
    checkTextOptions(idOrPath, options);
  } else {
    refuse(options, OF_TEXT, `${idOrPath} holds pictures`);
    const fixed = await fixedPictures(idOrPath);
    if (fixed) refuse(options, OF_PICTURES, fixed);
  }
  return kind;
}

/** Images, text, motions, dialogues or questions, whichever the name or path stands for. @see checkData */
export async function resolveData(
  idOrPath: string,
  options: ResolveOptions & TextOptions = {},
): Promise<ImageDataset | TextDataset | MotionDataset | DialogueDataset | SceneDataset> {
  const kind = await checkData(idOrPath, options);
  if (kind === "questions") return resolveQuestions(idOrPath);
  if (kind === "motion") {
    const { resolveMotion } = await import("./motion/resolve.js");
    const { skipBroken, onSkip, cache, force, onProgress, signal } = options;
    return resolveMotion(idOrPath, { skipBroken, onSkip, cache, force, onProgress, signal });
  }
  if (kind === "dialogue") {
    const { resolveDialogues } = await import("./dialogue/resolve.js");
    const { skipBroken, onSkip, onProgress, signal } = options;
    return resolveDialogues(idOrPath, { skipBroken, onSkip, onProgress, signal });
  }
  return kind === "text" ? resolveText(idOrPath, options) : resolveDataset(idOrPath, options);
}
