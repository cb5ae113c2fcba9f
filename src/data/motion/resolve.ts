import { readdir } from "node:fs/promises";
import { requireKnown } from "../../io/known.js";
import { show } from "../../io/show.js";
import { OptionError, WrongUse } from "../../io/wrong-use.js";
import { type GetOptions, getMotion } from "../get.js";
import type { MotionDataset } from "../motion-dataset.js";
import { requireFolder } from "../no-data.js";
import { type MotionFolderOptions, motionFolder } from "./folder.js";
import { isHumanmlFolder, readHumanmlFolder } from "./humanml-folder.js";
import { namedReport } from "./named.js";
import { motionNames } from "./names.js";

export interface MotionOptions extends GetOptions, MotionFolderOptions {}

const OPTIONS = ["mirror", "skipBroken", "onSkip", "cache", "force", "onProgress", "signal"];

/**
 * Motions by name (`accad-female1`; fetched at the first use) or by path: a folder of BVH, GLB or VRMA files, or one
 * laid out as HumanML3D. All are on the body of 22 joints at 20 frames a second. Its `report` says what was read.
 */
export async function resolveMotion(idOrPath: string, options: MotionOptions = {}): Promise<MotionDataset> {
  requireKnown(`reading ${idOrPath}`, options, OPTIONS);
  const { mirror, skipBroken, onSkip, signal, ...get } = options;
  for (const [name, value] of Object.entries({ mirror, skipBroken }))
    if (value !== undefined && typeof value !== "boolean")
      throw new OptionError(`${name} must be true or false, got ${show(value)}.`);
  if (motionNames.includes(idOrPath)) {
    if (mirror !== undefined || skipBroken !== undefined)
      throw new WrongUse(
        `"${idOrPath}" is a data set by name, for which mirror and skipBroken would have no effect; leave them out.`,
      );
    const dataset = await getMotion(idOrPath, { ...get, signal });
    return { ...dataset, report: namedReport(dataset) };
  }
  const folder = await requireFolder(idOrPath, motionNames, "motions");
  const read = isHumanmlFolder(await readdir(folder)) ? readHumanmlFolder : motionFolder;
  return read(folder, { mirror, skipBroken, onSkip, signal });
}
