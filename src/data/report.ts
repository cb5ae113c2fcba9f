import { createHash } from "node:crypto";

/** Something in the place of the data that is not used: how many of what, and why. */
export interface LeftOut {
  count: number;
  /** ".heic", "unreadable". */
  what: string;
  /** "format"; null where `what` says it. */
  why: string | null;
  /** Paths, with what is wrong with each where they differ in that. */
  files: string[];
}

/**
 * What was read from a place, and what was not: told before training, kept as data.json in a run's folder. Whatever
 * reads data fills it in; `reportText` makes sentences of it.
 */
export interface DataReport {
  kind: "images" | "text" | "motion" | "dialogue" | "questions";
  id: string;
  /** Absolute path of the folder or file; null of a data set by name. */
  path: string | null;
  /** What there is and what was made of it, piece by piece: "120 pictures", "10 % for testing". */
  content: string[];
  leftOut: LeftOut[];
  /** What a person might not expect, a sentence each. */
  notes: string[];
  /** Classes in the order of their numbers; null where there are none. */
  classes: { name: string; train: number; test: number }[] | null;
  /** Pictures, motions, or characters of text, to train on and to test with; 0 of what is made without end. */
  train: number;
  test: number;
  /** SHA-256 of each file by its path below `path`, with / between folders; empty of a data set by name. */
  files: Record<string, string>;
  /** SHA-256 of the classes' names and all files. */
  sha256: string;
}

/** The part of a report that is told; the rest is in data.json. */
export type ToldReport = Omit<DataReport, "files" | "leftOut"> & { leftOut: Omit<LeftOut, "files">[] };

/** A report with its hash. */
export function dataReport(report: Omit<DataReport, "sha256">): DataReport {
  const files = Object.entries(report.files).sort(([a], [b]) => (a < b ? -1 : 1));
  const identity = JSON.stringify([report.classes?.map(({ name }) => name) ?? null, files]);
  return { ...report, files: Object.fromEntries(files), sha256: sha256(identity) };
}

export const sha256 = (content: string | Uint8Array): string => createHash("sha256").update(content).digest("hex");

/** Without what would be long. */
export const told = ({ files: _, leftOut, ...report }: DataReport): ToldReport => ({
  ...report,
  leftOut: leftOut.map(({ files: _, ...one }) => one),
});

/** One line, and another where there is something to note. `where` says where the files are named. */
export function reportText({ id, content, leftOut, notes }: ToldReport, where = "named in data.json"): string {
  const left = leftOut.map(({ count, what, why }) => `${count} ${what} (${why ?? where})`).join(", ");
  return [`${id}: ${content.join(", ")}${left ? `; left out: ${left}` : ""}.`, notes.join(" ")]
    .filter(Boolean)
    .join("\n");
}

const MOST_CLASSES = 12;

/** Classes as a piece of content, with how many items each has; of many the first ones. */
export function classesText(classes: DataReport["classes"]): string {
  if (!classes) return "no classes";
  const all = classes.map(({ name, train, test }) => ({ name, count: train + test }));
  const shown = all.slice(0, all.length > MOST_CLASSES ? MOST_CLASSES - 2 : MOST_CLASSES);
  const counts = all.map(({ count }) => count);
  const rest = all.length - shown.length;
  const list = [
    ...shown.map(({ name, count }) => `${name} ${count}`),
    ...(rest > 0 ? [`and ${rest} more; from ${Math.min(...counts)} to ${Math.max(...counts)} in a class`] : []),
  ];
  return `${all.length} ${all.length === 1 ? "class" : "classes"} (${list.join(", ")})`;
}

/** The share of a whole that is set aside, as a piece of content. */
export const testText = (train: number, test: number): string =>
  `${test} (${Math.round((100 * test) / (train + test))} %) for testing`;
