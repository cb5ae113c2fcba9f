import { readdir, rename, rm } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import type { SceneDataset } from "../../../data/scenes/index.js";
import { makeFolder, temporaryBeside, writeFileAtomic } from "../../../io/atomic.js";
import { entryAt } from "../../../io/reading.js";
import { OptionError, WrongUse } from "../../../io/wrong-use.js";
import type { SkillAccuracy } from "../../../judges/answers/evaluate.js";
import { scenePng } from "../endpoint/probes.js";
import { drawItems, type SkillQuota, skillQuotas, type TrainingItem } from "./items.js";
import { REWARD_FILE, REWARD_SOURCE } from "./reward.js";
import { type Split, TRAINERS, type Trainer, type TrainerName } from "./trainers.js";

export interface ExportOptions {
  trainer: TrainerName;
  /** Items to train on; a tenth as many, at least one, to validate. */
  items: number;
  seed: number;
}

export interface Exported {
  folder: string;
  trainer: TrainerName;
  train: number;
  validation: number;
  mixture: SkillQuota[];
}

/** Items of an export at most. */
export const MOST_ITEMS = 1e6;

/** @throws WrongUse where an export cannot go to a folder: it holds something, is none, or is the one that is worked in */
export async function requireEmpty(folder: string): Promise<void> {
  // It would be replaced by another of its name, and the shell be left in one that is gone
  if (resolve(folder) === process.cwd())
    throw new WrongUse(
      `${folder} is the folder that you are in; an export takes a folder of its own, such as ./lessons.`,
    );
  const found = entryAt(folder);
  if (!found) return;
  if (!found.isDirectory()) throw new WrongUse(`${folder} is a file; an export takes a folder of its own.`);
  if ((await readdir(folder)).length > 0)
    throw new WrongUse(`${folder} is not empty; an export takes a folder of its own.`);
}

/**
 * Writes items to train on, as a trainer reads them, drawn by what a diagnosis found: pictures, rows, what each row was
 * made from (`provenance.jsonl`) and the mixture. No path in it is absolute. The folder comes into being whole or not at
 * all.
 * @throws OptionError; WrongUse as `requireEmpty`
 */
export async function exportTraining(
  folder: string,
  dataset: SceneDataset,
  skills: readonly Pick<SkillAccuracy, "skill" | "accuracy">[],
  { trainer, items, seed }: ExportOptions,
): Promise<Exported> {
  if (!(Number.isInteger(items) && items >= 1 && items <= MOST_ITEMS))
    throw new OptionError(`items must be a whole number from 1 to ${MOST_ITEMS}, got ${items}.`);
  await requireEmpty(folder);
  const target = resolve(folder);
  await makeFolder(dirname(target));
  const making = temporaryBeside(target);
  const about: Trainer = TRAINERS[trainer];
  const mixture = skillQuotas(skills, items);
  const held = Math.max(1, Math.floor(items / 10));
  const validation = skillQuotas(skills, held);
  try {
    await writeSplit(making, "train", about, drawItems(dataset, mixture, seed), seed);
    await writeSplit(making, "validation", about, drawItems(dataset, validation, seed, items), seed);
    const more = { ...about.more?.(), ...(about.reward && { [REWARD_FILE]: REWARD_SOURCE }) };
    for (const [name, text] of Object.entries(more)) await writeFileAtomic(join(making, name), text);
    const told = { trainer, seed, items, mixture };
    await writeFileAtomic(join(making, "mixture.json"), `${JSON.stringify(told, null, 2)}\n`);
    if (entryAt(target)) await rm(target, { recursive: true });
    await rename(making, target);
  } finally {
    await rm(making, { recursive: true, force: true });
  }
  return { folder, trainer, train: items, validation: held, mixture };
}

async function writeSplit(root: string, split: Split, trainer: Trainer, items: Iterable<TrainingItem>, seed: number) {
  const rows: string[] = [];
  const sources: string[] = [];
  for (const { scene, question, prompt, pixels, index: lesson } of items) {
    const index = rows.length;
    const picture = `${trainer.pictures(split)}/${String(index).padStart(6, "0")}.png`;
    await writeFileAtomic(join(root, picture), await scenePng(pixels), { sync: false });
    const { skill, answer, program } = question;
    rows.push(JSON.stringify(trainer.row({ picture, prompt, answer, skill, index, split })));
    sources.push(JSON.stringify({ picture, skill, question: question.text, answer, program, scene, seed, lesson }));
  }
  const text = trainer.list ? `[\n${rows.join(",\n")}\n]\n` : `${rows.join("\n")}\n`;
  await writeFileAtomic(join(root, trainer.file(split)), text);
  await writeFileAtomic(join(root, "provenance", `${split}.jsonl`), `${sources.join("\n")}\n`);
}
