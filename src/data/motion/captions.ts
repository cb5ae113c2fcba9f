import { readFile } from "node:fs/promises";
import { basename, dirname, extname, join } from "node:path";
import { z } from "zod";
import { faults } from "../../io/faults.js";
import { reading } from "../../io/reading.js";
import { type SeparatedRow, separated } from "../../io/separated.js";
import { show } from "../../io/show.js";

/** Parts of a file's name that number a take and say nothing of the motion; a turn's angle does. */
const NUMBERING = /^([a-z]?\d+|take\d*|clip\d*|motion\d*|anim\d*)$/i;
const ANGLE = /^(30|45|60|90|120|135|150|180|270|360)$/;
const isNumbering = (part: string): boolean => NUMBERING.test(part) && !ANGLE.test(part);

/** A caption from a file's name: "B09_WalkTurnLeft90_02" is "walk turn left 90"; the name where nothing is left. */
export function captionFromName(name: string): string {
  const parts = name
    .replace(/\.[^.]+$/, "")
    .split(/[^\p{L}\p{N}]+/u)
    .filter(Boolean);
  const [first, last] = [
    parts.findIndex((part) => !isNumbering(part)),
    parts.findLastIndex((part) => !isNumbering(part)),
  ];
  const words = parts.slice(Math.max(0, first), last + 1).flatMap((part) =>
    part
      .replace(/(\p{Ll})(\p{Lu})/gu, "$1 $2")
      .replace(/(\p{L})(\d)/gu, "$1 $2")
      .split(" "),
  );
  if (words.length > 1 && isNumbering(words[words.length - 1])) words.pop();
  return words.join(" ").toLowerCase() || name;
}

/** Captions that stand in a file beside the motions, by the motion's path below its folder or its name alone. */
export interface Sidecar {
  readonly path: string;
  readonly captions: ReadonlyMap<string, readonly string[]>;
}

const oneOrMore = z.union([z.string().min(1), z.array(z.string().min(1)).min(1)]);
const listed = (value: string | string[]): string[] => (typeof value === "string" ? [value] : value);

/** Reads captions.csv, captions.json or captions.txt. @throws with the line where one is broken */
export async function readSidecar(path: string): Promise<Sidecar> {
  const text = (await reading(path, () => readFile(path, "utf8"))).replace(/^\uFEFF/, "");
  const captions = new Map<string, string[]>();
  const add = (file: string, more: readonly string[]) => captions.set(file, [...(captions.get(file) ?? []), ...more]);
  if (extname(path) === ".json") {
    const found = z.record(z.string(), oneOrMore).safeParse(parsed(text, path));
    if (!found.success) throw new Error(`${path}: ${faults(found.error, parsed(text, path), "it")}.`);
    for (const [file, value] of Object.entries(found.data)) add(file, listed(value));
  } else
    for (const { line, cells } of rows(text, extname(path) === ".csv" ? "," : "\t")) {
      const [file, ...rest] = cells.map((cell) => cell.trim());
      if (line === 1 && /^(file|name|path|clip|motion)$/i.test(file)) continue;
      if (rest.length === 0 || rest[0] === "")
        throw new Error(
          `${path}, line ${line}: a line is a file, ${extname(path) === ".csv" ? "a comma" : "a tab"} and a caption, got ${show(file)}.`,
        );
      add(file, rest.filter(Boolean));
    }
  return { path, captions };
}

/**
 * Captions from a file of a motion's own name, if there is one: lines of .txt, or a text or list in .json. Of lines as
 * HumanML3D has them ("caption#words#from#to") the caption counts.
 */
export async function ownCaptions(
  path: string,
  others: ReadonlySet<string>,
): Promise<{ path: string; captions: string[] } | null> {
  const stem = join(dirname(path), basename(path, extname(path)));
  for (const ending of [".txt", ".json"]) {
    const found = stem + ending;
    if (!others.has(found)) continue;
    const text = (await reading(found, () => readFile(found, "utf8"))).replace(/^\uFEFF/, "");
    if (ending === ".json") {
      const value = oneOrMore.safeParse(parsed(text, found));
      if (!value.success) throw new Error(`${found}: ${faults(value.error, parsed(text, found), "it")}.`);
      return { path: found, captions: listed(value.data) };
    }
    const captions = text.split(/\r\n?|\n/).map((line) => line.split("#")[0].trim());
    if (!captions.some(Boolean)) throw new Error(`${found} has no caption. Write one a line, or take the file away.`);
    return { path: found, captions: captions.filter(Boolean) };
  }
  return null;
}

function parsed(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error(`${path} is no JSON: ${(error as Error).message}.`);
  }
}

/** Cells of each line that is not empty; in quotes a cell may have separators, and quotes doubled. */
export function* rows(text: string, separator: "\t" | ","): Generator<SeparatedRow> {
  for (const row of separated(text, separator)) if (row.text.trim() !== "") yield row;
}

const SIDED = /(?<!\p{L})(left|right|(?:anti-?|counter-?)?clockwise)(?!\p{L})|(?<=\p{Ll})(Left|Right)(?!\p{Ll})/giu;
const OTHER: Record<string, string> = { left: "right", right: "left", clockwise: "counterclockwise" };

/** What is said of a motion as a mirror shows it: left and right change places. */
export const mirroredWords = (text: string): string =>
  text.replace(SIDED, (word) => {
    const other = OTHER[word.toLowerCase()] ?? "clockwise";
    return /^\p{Lu}/u.test(word) ? other[0].toUpperCase() + other.slice(1) : other;
  });
