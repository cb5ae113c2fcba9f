import type { LeftOut } from "../report.js";
import type { Odd } from "./tree.js";

/** A path as it is told: seen from the folder that was read. */
type Shown = (path: string) => string;

/** Files of other formats, by what they are called. */
export const otherFormats = (files: ReadonlyMap<string, string[]>): LeftOut[] =>
  [...files].map(([what, files]) => ({ count: files.length, what, why: "format", files }));

/** Folders of splits that are not used, since there is a test split. */
export const unusedSplits = (unused: readonly { folder: string; paths: string[] }[], inFolder: Shown): LeftOut[] =>
  unused.map(({ folder, paths }) => ({
    count: paths.length,
    what: `in ${folder}`,
    why: "there is a test split besides",
    files: paths.map(inFolder),
  }));

/** Files with what is wrong with each; nothing where there are none. */
export const oddFiles = (what: string, files: readonly Odd[], inFolder: Shown): LeftOut[] =>
  files.length === 0
    ? []
    : [{ count: files.length, what, why: null, files: files.map(({ path, why }) => `${inFolder(path)}: ${why}`) }];
