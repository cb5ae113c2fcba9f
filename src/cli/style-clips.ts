import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import type { Styles } from "../models/generator.js";
import { type Clip, fromGesture } from "../motion/index.js";
import { requireFile, say, UsageError } from "./output.js";

/** What shows how the first person moves, and the second. @throws UsageError for other numbers or kinds of files */
export async function stylesFrom(paths: readonly string[]): Promise<Styles> {
  if (paths.length > 2)
    throw new UsageError(`--style-clip is a file for the first person, or two for both; got ${paths.length}.`);
  const [first, second = null] = await Promise.all(paths.map(styleFrom));
  return [first, second];
}

async function styleFrom(path: string): Promise<Clip> {
  const [{ MOTION_FILE, MOTION_FORMATS }, { gestureIn }] = await Promise.all([
    import("../data/motion/read-file.js"),
    import("../data/dialogue/body.js"),
  ]);
  if (!MOTION_FILE.test(path)) throw new UsageError(`--style-clip takes files of ${MOTION_FORMATS}, got "${path}".`);
  requireFile(path, `one of ${MOTION_FORMATS}`);
  const { DIALOGUE_FPS } = await import("../data/index.js");
  const { gesture, notes } = await gestureIn(await readFile(path), basename(path));
  for (const note of notes) say(note);
  return fromGesture(gesture, DIALOGUE_FPS);
}
