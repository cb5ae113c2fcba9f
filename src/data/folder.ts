import { relative, sep } from "node:path";
import { many } from "../io/show.js";
import { type Found, type Sorted, sortPictures } from "./folder/classes.js";
import { layoutFor, layoutText } from "./folder/layout.js";
import { oddFiles, otherFormats, unusedSplits } from "./folder/left-out.js";
import type { FolderOptions } from "./folder/options.js";
import { decodeAll, inspectAll, type Layout } from "./folder/read.js";
import {
  below,
  emptyFolders,
  FORMATS,
  type Folder,
  hasPictures,
  isOtherPicture,
  type Odd,
  readTree,
} from "./folder/tree.js";
import { type DatasetParts, type Part, select, testMask, withSplit } from "./parts.js";
import { classesText, type DataReport, type LeftOut, testText } from "./report.js";

export type { FolderOptions } from "./folder/options.js";

/** Images, and what is to be told of them. */
export interface FolderData {
  parts: DatasetParts;
  report: Pick<DataReport, "content" | "leftOut" | "notes" | "classes" | "train" | "test" | "files">;
}

const MAX_BYTES = 2 ** 32 - 1;

/**
 * Reads a folder of pictures: each subfolder is a class (pictures at any depth below it), or a flat folder is a set
 * without classes. Where all subfolders have the names of splits (`train`, `test`, `val`), they are splits; otherwise a
 * tenth of each class is set aside. Throws where something else may be meant, and lists all pictures that cannot be
 * read.
 */
export async function readImageFolder(folder: string, options: FolderOptions = {}): Promise<FolderData> {
  const tree = await readTree(folder);
  const closed = below(tree, "closed");
  if (!hasPictures(tree) && closed.length === 0)
    throw new Error(`${folder} has no pictures (${FORMATS})${instead(tree)}.`);
  const sorted = sortPictures(tree);
  const placed = [
    ...sorted.train.map((one) => ({ ...one, test: false })),
    ...(sorted.test ?? []).map((one) => ({ ...one, test: true })),
  ];
  const inspected = await inspectAll(
    placed.map(({ path }) => path),
    options,
  );
  const infos = inspected.flatMap(({ info }) => (info ? [info] : []));
  const broken: Odd[] = [
    ...closed,
    ...inspected.flatMap((one) => (one.info ? [] : [{ path: one.path, why: one.why }])),
  ];
  if (infos.length === 0) throw brokenError(folder, placed.length, broken);

  const layout = await layoutFor(infos, options);
  const { frames: taken = "first" } = options;
  const frames = inspected.flatMap(({ path, info }, file) =>
    Array.from({ length: !info ? 0 : taken === "all" ? info.frames : 1 }, (_, frame) => ({ path, file, frame })),
  );
  const size = layout.height * layout.width * layout.channels;
  if (frames.length * size > MAX_BYTES)
    throw new Error(
      `${frames.length} images of ${layout.height}×${layout.width}×${layout.channels} exceed 4 GiB; choose a smaller size.`,
    );
  const decoded = await decodeAll(frames, layout, options);
  broken.push(...new Map([...decoded.broken.values()].map((odd) => [odd.path, odd])).values());
  broken.sort((a, b) => (a.path < b.path ? -1 : 1));
  if (broken.length > 0 && !options.skipBroken) throw brokenError(folder, placed.length, broken);
  for (const { path, why } of broken) options.onSkip?.(path, new Error(why));

  const lost = new Set(broken.map(({ path }) => path));
  const kept = placed.map((one, file) => ({ ...one, file })).filter(({ path }) => !lost.has(path));
  if (kept.length === 0) throw brokenError(folder, placed.length, broken);
  requireEveryClass(sorted, kept, folder);
  const label = ({ className }: Found) => (className === null ? -1 : sorted.classNames!.indexOf(className));
  const mask = sorted.test
    ? kept.map(({ test }) => test)
    : testMask(sorted.classNames && kept.map(label), kept.length, folder);
  const isTest = new Map(kept.map(({ file }, i) => [file, mask[i]]));
  const all: Part = {
    ...pick(layout),
    count: frames.length,
    pixels: decoded.pixels,
    labels: sorted.classNames && Uint16Array.from(frames, ({ file }) => label(placed[file])),
  };
  const side = (test: boolean) => select(all, (i) => isTest.get(frames[i].file) === test);
  const parts = withSplit({ train: side(false), test: side(true) }, folder, sorted.classNames ?? undefined);

  const inFolder = (path: string) => relative(folder, path).split(sep).join("/");
  const classes = sorted.classNames && countClasses(sorted.classNames, parts);
  const made = layoutText(infos, layout, taken);
  const [train, test] = [parts.train.count, parts.test.count];
  const overlooked = `${many(decoded.overlooked, "picture")} with small faults, which viewers overlook too`;
  return {
    parts,
    report: {
      content: [many(train + test, "picture"), classesText(classes), testText(train, test), ...made.content],
      leftOut: leftOut(tree, sorted, broken, inFolder),
      notes: [...sorted.notes, ...made.notes, ...(decoded.overlooked > 0 ? [`${overlooked}.`] : [])],
      classes,
      train,
      test,
      files: Object.fromEntries(
        kept.map(({ path, file }) => [inFolder(path).normalize("NFC"), inspected[file].sha256]),
      ),
    },
  };
}

const pick = ({ height, width, channels }: Layout) => ({ height, width, channels });

/** How many items each class has to train on and to test with. */
export function countClasses(
  names: readonly string[],
  { train, test }: Pick<DatasetParts, "train" | "test">,
): NonNullable<DataReport["classes"]> {
  const classes = names.map((name) => ({ name, train: 0, test: 0 }));
  for (const label of train.labels ?? []) classes[label].train++;
  for (const label of test.labels ?? []) classes[label].test++;
  return classes;
}

function leftOut(tree: Folder, { unused }: Sorted, broken: Odd[], inFolder: (path: string) => string): LeftOut[] {
  const others = new Map<string, string[]>();
  const picturesFirst = (a: string, b: string) => Number(isOtherPicture(b)) - Number(isOtherPicture(a));
  for (const path of below(tree, "others").sort(picturesFirst)) {
    const ending = /\.[^./\\]+$/.exec(path)?.[0].toLowerCase() ?? "files without an ending";
    const files = others.get(ending) ?? [];
    files.push(inFolder(path));
    others.set(ending, files);
  }
  const empty = emptyFolders(tree);
  return [
    ...otherFormats(others),
    ...unusedSplits(unused, inFolder),
    ...oddFiles("links and the like that lead nowhere", below(tree, "odd"), inFolder),
    ...(empty.length > 0
      ? [
          {
            count: empty.length,
            what: `empty ${empty.length === 1 ? "folder" : "folders"}`,
            why: null,
            files: empty.map(inFolder),
          },
        ]
      : []),
    ...oddFiles("unreadable", broken, inFolder),
  ];
}

const MOST_NAMED = 50;

function brokenError(folder: string, count: number, broken: readonly Odd[]): Error {
  const named = broken.slice(0, MOST_NAMED).map(({ path, why }) => `\n  ${relative(folder, path)}: ${why}`);
  const rest = broken.length > MOST_NAMED ? `\n  and ${broken.length - MOST_NAMED} more` : "";
  const all = broken.length >= count;
  return new Error(
    `${all ? "None" : broken.length} of the ${count} pictures in ${folder} can${all ? "" : "not"} be read:${named.join("")}${rest}` +
      (all
        ? ""
        : "\nMend them or take them away; train and data check leave them out with --skip-broken (in code: skipBroken)."),
  );
}

/** What a folder without pictures has instead. */
function instead(tree: Folder): string {
  const files = below(tree, "others");
  const pictures = files.filter(isOtherPicture);
  if (pictures.length > 0)
    return `; it has ${many(pictures.length, "file")} of formats that are not read (${pictures[0]})`;
  return files.length > 0 ? `, but ${many(files.length, "other file")}` : "; it is empty";
}

/** Throws where all that a class had to learn from is broken. */
function requireEveryClass({ classNames }: Sorted, kept: readonly (Found & { test: boolean })[], folder: string): void {
  const learned = new Set(kept.filter(({ test }) => !test).map(({ className }) => className));
  const empty = classNames?.find((name) => !learned.has(name));
  if (empty !== undefined)
    throw new Error(`No picture of the class "${empty}" in ${folder} can be read. Mend some, or take the class away.`);
}
