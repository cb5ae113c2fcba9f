import { resolve } from "node:path";
import { resolveQuestions } from "../data/index.js";
import { writeFileAtomic } from "../io/atomic.js";
import { htmlPage } from "../io/html.js";
import { many } from "../io/show.js";
import { type AnswerEvaluation, evaluateAnswers } from "../judges/answers/evaluate.js";
import { type AnswerDiagnosis, CAUSES, diagnoseAnswers } from "../loops/diagnostic/answers.js";
import {
  ANSWERS_HEAD,
  answersHtml,
  CAUSES_HEAD,
  causesRow,
  percent,
  SLICES_HEAD,
  showUnanswered,
  skillRow,
  sliceRow,
} from "../loops/diagnostic/answers-report.js";
import { TABLE_STYLE } from "../loops/diagnostic/report.js";
import type { Slice } from "../loops/diagnostic/slices.js";
import { openAnswerer } from "./answerer.js";
import type { DiagnoseCommand } from "./diagnose-command.js";
import { exportItems } from "./diagnose-export.js";
import type { EvalCommand } from "./eval-command.js";
import { dataOf } from "./model-data.js";
import { printJson, printTable, say, UsageError } from "./output.js";

/** Refuses what a model that answers has no use for. */
function refuse(location: string, command: object, names: readonly string[]): void {
  const { options = {} } = command as { options?: object };
  const given = [
    ...names.filter((name) => (command as Record<string, unknown>)[name] !== undefined),
    ...Object.keys(options),
  ];
  if (given.length > 0)
    throw new UsageError(
      `${location} answers questions, for which ${given.map((name) => `--${name}`).join(", ")} would have no effect; leave it out.`,
    );
}

/** Measures a model on test questions of each skill. */
export async function evalAnswersCommand(location: string, command: EvalCommand): Promise<void> {
  refuse(location, command, ["features", "steps", "judge", "neighbours"]);
  const { count: perSkill, seed, json } = command;
  const model = await openAnswerer(location, command);
  try {
    const dataset = await resolveQuestions(await dataOf(model.config, command.data));
    const found = await evaluateAnswers(model, dataset, { perSkill, seed });
    if (json) printJson(found satisfies AnswerEvaluation);
    else {
      say(`${found.model}: ${many(found.skills[0].n, "test question")} of each skill, of ${found.data}`);
      printTable(ANSWERS_HEAD, found.skills.map(skillRow));
      say(`Mean over the skills: ${percent(found.accuracy)}; without looking: ${percent(found.floor)}.`);
    }
  } finally {
    await model.release();
  }
}

/** Says which skills a model lacks, why, and where inside them. */
export async function diagnoseAnswersCommand(location: string, command: DiagnoseCommand): Promise<void> {
  refuse(location, command, ["features"]);
  const { count: perSkill, seed = 0, json, report } = command;
  const model = await openAnswerer(location, command);
  try {
    const dataset = await resolveQuestions(await dataOf(model.config, command.data));
    const found = await diagnoseAnswers(model, dataset, { perSkill, seed });
    if (report !== undefined) {
      const body = await answersHtml(found, dataset);
      const page = htmlPage(`Diagnosis of ${found.model}`, { style: TABLE_STYLE, body });
      await writeFileAtomic(resolve(report), page);
    }
    const exported = await exportItems(found, command, null);
    if (json) printJson({ ...found, ...(exported && { exported }) });
    else showAnswers(found);
    if (report !== undefined) say(`Report: ${resolve(report)}`);
  } finally {
    await model.release();
  }
}

/** Prints a diagnosis of answers, worst first. */
export function showAnswers({ model, data, skills, slices, failures, unanswered }: AnswerDiagnosis): void {
  const asked = skills[0].n + (unanswered[skills[0].skill] ?? 0);
  say(`${model}: ${many(asked, "fresh question")} of each skill, of ${data}. Worst first.`);
  printTable(CAUSES_HEAD, skills.map(causesRow));
  showReasons(unanswered, CAUSES, slices);
  for (const { skill, question, answer, said, cause } of failures.slice(0, 8))
    say(`${skill}: "${question}?" is ${answer}, not ${said || "nothing"} (${cause ?? "why is not known"})`);
}

/** Prints what was not answered, what the causes in the table mean, and which parts of skills stand out. */
export function showReasons(
  unanswered: Readonly<Record<string, number | undefined>>,
  causes: Readonly<Record<string, string>>,
  slices: readonly Slice[],
): void {
  const missing = showUnanswered(unanswered);
  if (missing) say(missing);
  const told = Object.entries(causes).map(([cause, text]) => `${cause}: ${text}`);
  say(`Why answers are wrong: ${told.join("; ")}.`);
  if (slices.length === 0) say("No part of a skill stands out.");
  else {
    say("Parts of a skill that are wrong more often than its other questions (p is corrected for all parts, Holm):");
    printTable(SLICES_HEAD, slices.map(sliceRow));
  }
}
