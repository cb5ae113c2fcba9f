import { resolve } from "node:path";
import { scenes } from "../data/scenes/index.js";
import { shellWord } from "../io/show.js";
import type { AnswerDiagnosis } from "../loops/diagnostic/answers.js";
import {
  exportTraining,
  MOST_ITEMS,
  requireEmpty,
  TRAINERS,
  type TrainerName,
} from "../loops/diagnostic/export/index.js";
import type { DiagnoseCommand } from "./diagnose-command.js";
import { checked, say, UsageError } from "./output.js";

/** Checks what is asked of an export before anything else is done. @throws UsageError */
export async function requireExport({ export: folder, out, for: trainer, items }: DiagnoseCommand): Promise<void> {
  if (folder === undefined) {
    const given = [...(trainer === undefined ? [] : ["--for"]), ...(items === undefined ? [] : ["--items"])];
    if (given.length > 0)
      throw new UsageError(`Without --export <folder>, ${given.join(", ")} would have no effect; leave it out.`);
    return;
  }
  if (trainer === undefined)
    throw new UsageError(`Say which trainer reads it: --for ${Object.keys(TRAINERS).join(", --for ")}.`);
  if (items !== undefined && items > MOST_ITEMS)
    throw new UsageError(`--items must be at most ${MOST_ITEMS}, got ${items}.`);
  if (out !== undefined && resolve(out) === resolve(folder))
    throw new UsageError(`--out and --export are the same folder, ${folder}; an export has one of its own.`);
  await checked(() => requireEmpty(folder));
}

/** Writes what a trainer needs to train on what is answered wrongly, and says how. Null where nothing was asked for. */
export async function exportItems({ skills, seed }: AnswerDiagnosis, command: DiagnoseCommand, model: string | null) {
  const { export: folder, items = 1000 } = command;
  if (folder === undefined) return null;
  const trainer = command.for as TrainerName;
  const told = await exportTraining(folder, scenes(), skills, { trainer, items, seed });
  const { title, trains, command: line } = TRAINERS[trainer];
  const shell = line(resolve(folder), model === null ? "<model>" : shellWord(model));
  const most = [...told.mixture].sort((a, b) => b.items - a.items).slice(0, 3);
  const worst = most.map((one) => `${one.skill} ${one.items}`).join(", ");
  say(
    `${folder}: ${told.train} items to train on and ${told.validation} to validate, for ${title} (${trains}); most of ${worst}.`,
  );
  say(`Train with: ${shell}`);
  return { ...told, command: shell };
}
