import { requireKnown } from "../../io/known.js";
import { show } from "../../io/show.js";
import { OptionError, WrongUse } from "../../io/wrong-use.js";
import type { DialogueDataset } from "../dialogue-dataset.js";
import { requireFolder } from "../no-data.js";
import { type DialogueFolderOptions, dialogueFolder } from "./folder.js";
import { dialogueNames, dialogues, isDialogueName, namedReport } from "./named.js";

export type DialogueOptions = DialogueFolderOptions;

/**
 * Dialogues by name (`conversations`) or by path: a folder of pairs of sounds and motions, or one laid out as Seamless
 * Interaction. Its `report` says what was read.
 */
export async function resolveDialogues(idOrPath: string, options: DialogueOptions = {}): Promise<DialogueDataset> {
  requireKnown(`reading ${idOrPath}`, options, ["skipBroken", "onSkip", "onProgress", "signal"]);
  const { skipBroken, onProgress, signal } = options;
  if (skipBroken !== undefined && typeof skipBroken !== "boolean")
    throw new OptionError(`skipBroken must be true or false, got ${show(skipBroken)}.`);
  if (isDialogueName(idOrPath)) {
    if (skipBroken !== undefined)
      throw new WrongUse(
        `"${idOrPath}" is a data set by name, for which skipBroken would have no effect; leave it out.`,
      );
    const dataset = await dialogues[idOrPath].make({ onProgress, signal });
    return { ...dataset, report: namedReport(dataset) };
  }
  const folder = await requireFolder(idOrPath, dialogueNames, "dialogues");
  return dialogueFolder(folder, options);
}
