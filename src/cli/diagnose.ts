import { resolve } from "node:path";
import { requireWritable, writeFileAtomic } from "../io/atomic.js";
import { htmlPage } from "../io/html.js";
import { entryAt } from "../io/reading.js";
import { many } from "../io/show.js";
import { isAddress } from "../loops/diagnostic/endpoint/index.js";
import { type Diagnosis, diagnosisHtml, HEAD, rowOf, TABLE_STYLE, told } from "../loops/diagnostic/index.js";
import { RESULT_FILES } from "../loops/diagnostic/results.js";
import { answersQuestions } from "./answerer.js";
import { type DiagnoseCommand, ENDPOINT_OPTIONS } from "./diagnose-command.js";
import { diagnoseImageModel, diagnoseMotionModel, openDrawing } from "./diagnose-drawn.js";
import { checked, printJson, printTable, say, UsageError } from "./output.js";

/** Says which classes or actions a model draws badly, or which questions one that answers them gets wrong, and how. */
export async function diagnoseCommand(location: string | undefined, command: DiagnoseCommand): Promise<void> {
  const { asksEndpoint, diagnoseEndpointCommand, refuseOptions } = await import("./diagnose-endpoint.js");
  if (asksEndpoint(location, command)) return diagnoseEndpointCommand(location, command);
  if (location === undefined) throw new UsageError("Say what to diagnose: a model's name, folder or address.");
  if (isAddress(location) && /\/v1\/?$/.test(location))
    throw new UsageError(`Say which model of ${location} to ask: --model <name>.`);
  refuseOptions(command, ENDPOINT_OPTIONS, "For a model that is no endpoint's");
  const { requireExport } = await import("./diagnose-export.js");
  await requireExport(command);
  const { report } = command;
  if (report !== undefined) {
    if (!/\.html?$/i.test(report)) throw new UsageError(`--report takes the name of an .html file, got ${report}.`);
    await checked(() => requireWritable(resolve(report)));
  }
  if (RESULT_FILES.test(location) && entryAt(location)?.isFile()) {
    const { diagnoseResultsCommand } = await import("./diagnose-results.js");
    return diagnoseResultsCommand(location, command);
  }
  if (await answersQuestions(location, command)) {
    const { diagnoseAnswersCommand } = await import("./eval-answers.js");
    return diagnoseAnswersCommand(location, command);
  }
  if (command.export !== undefined)
    throw new UsageError(
      `${location} answers no questions; items to train on are made for models that do. Leave out --export.`,
    );
  const { seed = 0, options = {}, device, json } = command;
  const model = await openDrawing(location, device, command.checkpoint);
  try {
    await checked(() => model.cost(options));
    const { found, data, judge, pictures } = await (model.kind === "image"
      ? diagnoseImageModel(model, location, command)
      : diagnoseMotionModel(model, location, command));
    const diagnosis = told(found, { model: model.config.name, data, judge, seed });
    if (report !== undefined) {
      const body = await diagnosisHtml(found, diagnosis, pictures);
      await writeFileAtomic(resolve(report), htmlPage(`Diagnosis of ${diagnosis.model}`, { style: TABLE_STYLE, body }));
    }
    if (json) printJson(diagnosis);
    else showDiagnosis(diagnosis);
    if (report !== undefined) say(`Report: ${resolve(report)}`);
  } finally {
    await model.release();
  }
}

/** Prints a diagnosis as a table, worst first. */
export function showDiagnosis(diagnosis: Diagnosis): void {
  const { kind, model, data, judge, count, nfe, groups, tooFew } = diagnosis;
  say(
    `${model}: ${many(count, "sample")} of ${many(nfe, "network evaluation")} each, against ${data}, judged by ${judge}.`,
  );
  say(`Worst first; each figure: value (95 % interval) / what real ${kind}s reach.`);
  printTable(HEAD, groups.map(rowOf));
  for (const { name, real } of tooFew) say(`Of ${name} nothing can be said: ${many(real, kind)}.`);
}
