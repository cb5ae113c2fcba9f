import { WrongUse } from "../../io/wrong-use.js";
import { namesakeNotes } from "../namesake.js";
import { dataReport } from "../report.js";
import { type SceneDataset, scenes } from "./dataset.js";
import { SIDE } from "./scene.js";
import { SKILLS } from "./skill-names.js";

/** Questions about pictures that a procedure makes, by name: nothing of them is fetched or kept. */
export const questions = {
  scenes: {
    title: "pictures of shapes, digits and bar charts, with questions whose answers are computed, made from a seed",
    content: `without end, ${SIDE}×${SIDE}×3, ${SKILLS.length} skills`,
    classes: 0,
    licence: "Apache-2.0",
    attribution: "made by fewstep",
    make: scenes,
  },
};

export const questionNames: readonly string[] = Object.keys(questions);

/** Questions about pictures by name, with a report. @throws WrongUse where there are none */
export function resolveQuestions(id: string): SceneDataset {
  if (!Object.hasOwn(questions, id))
    throw new WrongUse(`"${id}" is no data set of questions about pictures; these are ${questionNames.join(", ")}.`);
  const dataset = questions[id as keyof typeof questions].make();
  const { content, licence } = questions[id as keyof typeof questions];
  return {
    ...dataset,
    report: dataReport({
      ...{ kind: "questions", id, path: null, content: [content, `skills (${SKILLS.join(", ")})`], leftOut: [] },
      ...{ notes: [`Licence: ${licence}.`, ...namesakeNotes(id)], classes: null, train: 0, test: 0, files: {} },
    }),
  };
}
