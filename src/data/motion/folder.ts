import { basename, relative, sep } from "node:path";
import { many } from "../../io/show.js";
import { type Found, sortPictures } from "../folder/classes.js";
import { below, type Folder, hasPictures, type Odd, readTree } from "../folder/tree.js";
import type { LabelledClip, MotionDataset } from "../motion-dataset.js";
import { testMask } from "../parts.js";
import { dataReport } from "../report.js";
import { captionReader, mapReader } from "./beside.js";
import { captionFromName } from "./captions.js";
import { withMirrored } from "./mirrored.js";
import { FPS, MOTION_FILE, MOTION_FORMATS, type ReadMotion, readMotionFile } from "./read-file.js";
import { contentOf, leftOut, notesOf } from "./told.js";

/** How a folder of motions is read. */
export interface MotionFolderOptions {
  /** Add each motion as a mirror shows it, with left and right exchanged in its captions. Default false; one of a class with a side has none, unless the other side is a class too. */
  mirror?: boolean;
  /** Leave out files that cannot be read instead of throwing; `onSkip` hears of each. */
  skipBroken?: boolean;
  onSkip?: (path: string, error: Error) => void;
  signal?: AbortSignal;
}

interface Placed extends Found {
  test: boolean | null;
}

/**
 * Reads a folder of motions, each brought to the body of 22 joints at 20 frames a second: each subfolder is a class, or
 * a flat folder is a set without classes; subfolders called train and test are splits. A caption is that of a file
 * beside (captions.csv, captions.json, captions.txt, or one of the motion's own name), else the words of its name. A
 * skeleton.json beside says how the joints of an unknown skeleton are to be taken. Lists all files that cannot be read.
 */
export async function motionFolder(folder: string, options: MotionFolderOptions = {}): Promise<MotionDataset> {
  const tree = asMotions(await readTree(folder));
  const all = below(tree, "pictures");
  if (all.length === 0) throw new Error(`${folder} has no motions (${MOTION_FORMATS}).`);
  const sorted = sortPictures(tree, "motion");
  const placed: Placed[] = [
    ...sorted.train.map((one) => ({ ...one, test: sorted.test ? false : null })),
    ...(sorted.test ?? []).map((one) => ({ ...one, test: true })),
  ];
  const others = new Set(below(tree, "others"));
  const used = new Set<string>();
  const captionsOf = await captionReader(
    others,
    used,
    placed.map(({ path }) => path),
  );
  const mapOf = mapReader(folder, others, used);
  const broken: Odd[] = below(tree, "closed");
  const clips: { one: Placed; labelled: LabelledClip; read: ReadMotion }[] = [];
  const files: Record<string, string> = {};
  const inFolder = (path: string) => relative(folder, path).split(sep).join("/");
  let named = 0;
  for (const one of placed) {
    options.signal?.throwIfAborted();
    try {
      const { motions, sha256 } = await readMotionFile(one.path, await mapOf(one.path));
      const given = await captionsOf(one.path);
      files[inFolder(one.path).normalize("NFC")] = sha256;
      for (const read of motions) {
        const captions = given ?? [captionFromName(read.name)];
        if (!given) named++;
        const label = one.className === null ? -1 : sorted.classNames!.indexOf(one.className);
        const name = motions.length > 1 ? `${inFolder(one.path)}#${read.name}` : inFolder(one.path);
        const segments = [{ start: 0, end: read.clip.frames, captions, label }];
        clips.push({ one, read, labelled: { name, clip: read.clip, segments } });
      }
    } catch (error) {
      options.signal?.throwIfAborted();
      if (!options.skipBroken) throw withFolder(error as Error, one.path, inFolder(one.path));
      options.onSkip?.(one.path, error as Error);
      broken.push({ path: one.path, why: (error as Error).message });
    }
  }
  if (clips.length === 0)
    throw new Error(
      `None of the ${many(all.length, "file")} in ${folder} can be read:\n  ${broken.map(({ why }) => why).join("\n  ")}`,
    );
  const isTest = split(clips, sorted.classNames, folder);
  const side = (test: boolean): LabelledClip[] => {
    const own = clips.filter((_, i) => isTest[i] === test).map(({ labelled }) => labelled);
    return options.mirror ? withMirrored(own, sorted.classNames) : own;
  };
  const [train, test] = [side(false), side(true)];
  const id = basename(folder);
  const { classNames } = sorted;
  const classes =
    classNames?.map((name, label) => {
      const count = (list: readonly LabelledClip[]) =>
        list.filter(({ segments }) => segments[0].label === label).length;
      return { name, train: count(train), test: count(test) };
    }) ?? null;
  const report = dataReport({
    kind: "motion",
    id,
    path: folder,
    content: contentOf(train, test, classes),
    leftOut: leftOut(tree, used, broken, sorted.unused, inFolder),
    notes: [
      ...sorted.notes,
      ...notesOf(
        clips.map(({ read }) => read),
        { named, mirrored: train.length + test.length - clips.length },
      ),
    ],
    classes,
    train: train.length,
    test: test.length,
    files,
  });
  return {
    ...{ id, kind: "motion", fps: FPS, classNames, origin: "captured", train, test, report },
    ...{ licence: "unknown", attribution: `motions in ${id}` },
  };
}

/** A tree in which files with motions stand in the place of pictures. */
const asMotions = (folder: Folder): Folder => ({
  ...folder,
  pictures: folder.others.filter((path) => MOTION_FILE.test(path)),
  others: [...folder.pictures, ...folder.others].filter((path) => !MOTION_FILE.test(path)),
  folders: folder.folders.map(asMotions),
});

/** Whether a folder has files with motions, however deep, and no pictures. */
export async function hasMotionsOnly(folder: string): Promise<boolean> {
  const tree = await readTree(folder);
  return !hasPictures(tree) && hasPictures(asMotions(tree));
}

/** Which clips are for testing: as the folders say, else a tenth; all animations of a file stand on one side. */
function split(
  clips: readonly { one: Placed; labelled: LabelledClip }[],
  classNames: readonly string[] | null,
  folder: string,
): boolean[] {
  if (clips.some(({ one }) => one.test !== null)) return clips.map(({ one }) => one.test === true);
  const paths = [...new Set(clips.map(({ one }) => one.path))];
  // The animations of a single file are split themselves: there is nothing else to split
  const groups = paths.length === 1 ? clips.map(({ labelled }) => labelled.name) : paths;
  const groupOf = ({ one, labelled }: (typeof clips)[number]) => (paths.length === 1 ? labelled.name : one.path);
  if (groups.length < 2) throw new Error(`${folder} has one motion; at least two are needed to train and to test.`);
  const labels = groups.map((group) => clips.find((clip) => groupOf(clip) === group)!.labelled.segments[0].label);
  const mask = testMask(classNames && labels, groups.length, folder);
  return clips.map((clip) => mask[groups.indexOf(groupOf(clip))]);
}

/** The error of a file, with its path and how to go on without it. */
function withFolder(error: Error, path: string, shown: string): Error {
  const text = error.message.includes(path) ? error.message : error.message.replace(basename(path), shown);
  return new Error(`${text}\nOr leave such files out with --skip-broken (in code: skipBroken).`, { cause: error });
}
