import { extname } from "node:path";
import { many } from "../../io/show.js";
import { secondsOf } from "../../motion/clip.js";
import { oddFiles, otherFormats, unusedSplits } from "../folder/left-out.js";
import { below, type Folder, type Odd } from "../folder/tree.js";
import type { LabelledClip } from "../motion-dataset.js";
import { classesText, type DataReport, type LeftOut, testText } from "../report.js";
import { FPS, type ReadMotion } from "./read-file.js";

/** What there is, for a report. */
export function contentOf(
  train: readonly LabelledClip[],
  test: readonly LabelledClip[],
  classes: DataReport["classes"],
): string[] {
  const seconds = [...train, ...test].reduce((sum, { clip }) => sum + secondsOf(clip), 0);
  return [
    many(train.length + test.length, "motion"),
    `${seconds < 10 ? seconds.toFixed(1) : Math.round(seconds)} s at ${FPS} frames a second`,
    classesText(classes),
    testText(train.length, test.length),
  ];
}

/** What a person might not expect of how motions were read. */
export function notesOf(
  reads: readonly ReadMotion[],
  { named, mirrored }: { named: number; mirrored: number },
): string[] {
  const count = (of: (read: ReadMotion) => string | null): [string, number][] => {
    const counts = new Map<string, number>();
    for (const read of reads) {
      const key = of(read);
      if (key !== null) counts.set(key, (counts.get(key) ?? 0) + 1);
    }
    return [...counts];
  };
  const each = (list: [string, number][]) =>
    list.length === 1 && list[0][1] === reads.length ? list[0][0] : list.map(([key, n]) => `${key} (${n})`).join(", ");
  const units = count(({ unit }) => unit ?? "an unknown unit, scaled by the legs");
  const missing = count(({ missing }) => (missing.length > 0 ? missing.join(", ") : null));
  return [
    `Lengths are read as ${each(units)}; skeletons as ${each(count(({ known }) => known))}.`,
    ...(missing.length > 0 ? [`Skeletons lack ${each(missing)}, which follow their parents.`] : []),
    ...(named > 0
      ? [
          `${named === reads.length ? "Captions are" : `${many(named, "caption is", "captions are")}`} the words of the files' names; better ones stand in captions.csv (file,caption).`,
        ]
      : []),
    ...count(({ notes }) => notes.join(" ") || null).map(([note]) => note),
    ...(mirrored > 0
      ? [`${many(mirrored, "motion is", "motions are")} those of the files as a mirror shows them.`]
      : []),
  ];
}

/** What in a folder of motions is not used. */
export function leftOut(
  tree: Folder,
  used: ReadonlySet<string>,
  broken: readonly Odd[],
  unused: readonly { folder: string; paths: string[] }[],
  inFolder: (path: string) => string,
): LeftOut[] {
  const others = new Map<string, string[]>();
  for (const path of below(tree, "others").filter((path) => !used.has(path))) {
    const ending = extname(path).toLowerCase() || "files without an ending";
    others.set(ending, [...(others.get(ending) ?? []), inFolder(path)]);
  }
  return [...otherFormats(others), ...unusedSplits(unused, inFolder), ...oddFiles("unreadable", broken, inFolder)];
}
