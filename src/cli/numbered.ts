import { existsSync, statSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { encodeGrid, pictureFormat, writeFileAtomic } from "../io/index.js";
import { many } from "../io/show.js";
import type { Images } from "../media/images.js";
import { Motions, motionEnding } from "../media/motions.js";
import type { Output } from "../models/generator.js";
import { UsageError } from "./output.js";

/** How the name of a sample ends where nobody says. */
export const ENDINGS = { image: "png", text: "txt", motion: "bvh", gesture: "glb" } as const;

const NUMBER = /%(0(\d+))?d/;

/** Where samples go one by one: `folder/%05d.png`, by number from 0. */
export interface Numbered {
  path(index: number): string;
  /** Path of the table of classes beside them. */
  labels: string;
}

/**
 * The files that `out` asks for: of a folder (its name ends in / or it is there) or of a name with %d or %05d in it;
 * null where it is one file. @throws UsageError where the files cannot be what `kind` gives, or would be mixed with
 * others: one with the number `count` is there.
 */
export function numbered(out: string, kind: Output["kind"], count: number): Numbered | null {
  const isFolder = namesFolder(out);
  const [text, , width = "1"] = isFolder ? ["", "", "5"] : (NUMBER.exec(out) ?? []);
  if (text === undefined) return null;
  const ending = ENDINGS[kind];
  const path = (index: number) => {
    const number = String(index).padStart(Number(width), "0");
    return resolve(isFolder ? join(out, `${number}.${ending}`) : out.replace(text, number));
  };
  requireEnding(path(0), kind);
  if (existsSync(path(count)))
    throw new UsageError(
      `${path(count)} is there already: ${many(count, "new sample")} would be mixed with earlier ones. Choose another folder, or empty that one.`,
    );
  return { path, labels: join(dirname(path(0)), "labels.csv") };
}

const namesFolder = (out: string) => /[/\\]$/.test(out) || (existsSync(out) && statSync(out).isDirectory());

/** Refuses a folder where `what` goes into one file. @throws UsageError */
export function requireFileName(out: string, what: string): void {
  if (namesFolder(out)) throw new UsageError(`${out} names a folder; give a file for ${what}.`);
}

/** Refuses names that are not those of one sheet of pictures. @throws UsageError */
export function requireSheetName(out: string): void {
  requireFileName(out, "the sheet of pictures");
  if (NUMBER.test(out))
    throw new UsageError(`${out} names a file for each picture; all go into one sheet here: leave out the number.`);
  pictureFormat(out);
}

/** The table beside single samples: file, and class by name and number. */
export function labelTable({ path }: Numbered, labels: readonly number[], classNames: readonly string[]): string {
  const quoted = (text: string) => (/[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  const rows = labels.map((label, i) => [basename(path(i)), classNames[label], String(label)].map(quoted).join(","));
  return `file,class,label\n${rows.map((row) => `${row}\n`).join("")}`;
}

/** Refuses a file whose ending is not one that samples of a kind are written in. @throws UsageError */
export function requireEnding(path: string, kind: Output["kind"]): void {
  if (kind !== "text") {
    try {
      if (kind === "image") pictureFormat(path);
      else motionEnding(path);
    } catch (error) {
      throw new UsageError(`${(error as Error).message} A folder's ends in /.`, { cause: error });
    }
  } else if (/\.(png|jpe?g|webp|gif|avif)$/i.test(path))
    throw new UsageError(`Texts cannot be written as a picture (${path}); end it in .txt.`);
}

/** Writes the samples of a batch whose first has the number `first`, each as a file of its own and of its own size. */
export async function writeEach(drawn: Output, first: number, { path }: Numbered): Promise<void> {
  if (drawn.kind === "motion") {
    const each = drawn.clips.map((clip, i) => new Motions([clip], drawn.prompts && [drawn.prompts[i]]));
    await Promise.all(each.map((one, i) => one.save(path(first + i))));
    return;
  }
  if (drawn.kind === "gesture") {
    await Promise.all(drawn.dialogues.map((_, i) => drawn.at(i).save(path(first + i))));
    return;
  }
  const format = drawn.kind === "image" ? pictureFormat(path(0)) : null;
  const content = (one: string | Images) =>
    typeof one === "string" ? `${one}\n` : encodeGrid(format!, one.pixels, one.shape, { gap: 0 });
  const write = async (one: string | Images, i: number) =>
    writeFileAtomic(path(first + i), await content(one), { sync: false });
  await Promise.all([...drawn].map(write));
}
