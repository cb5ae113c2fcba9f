import { type DialogueDataset, RELATIONS } from "../dialogue-dataset.js";
import type { Work } from "../made-in-turns.js";
import { namesakeNotes } from "../namesake.js";
import { type DataReport, dataReport } from "../report.js";
import { contentOf } from "./told.js";

/** Dialogues that a procedure makes, by name: nothing of them is fetched or kept. */
export const dialogues = {
  conversations: {
    title: "pairs of people who talk, gesture, nod and mirror each other, with their voices, made from a seed",
    content: "400 + 80 dialogues of 10 s",
    classes: RELATIONS.length,
    licence: "Apache-2.0",
    attribution: "made by fewstep",
    make: async (work: Work): Promise<DialogueDataset> =>
      (await import("./conversations.js")).makeConversations({}, work),
  },
};

export const dialogueNames: readonly string[] = Object.keys(dialogues);

export const isDialogueName = (id: string): id is keyof typeof dialogues => Object.hasOwn(dialogues, id);

/** The report of dialogues that are known by name. */
export function namedReport({ id, train, test, licence }: DialogueDataset): DataReport {
  return dataReport({
    ...{ kind: "dialogue", id, path: null, content: contentOf(train, test), leftOut: [], classes: null },
    ...{ notes: [`Licence: ${licence}.`, ...namesakeNotes(id)], train: train.length, test: test.length, files: {} },
  });
}
