import { resolveDialogues } from "../data/index.js";
import { many } from "../io/show.js";
import {
  evaluateGestures,
  FEWEST_PEOPLE,
  type GestureEvaluation,
  measureGestureReference,
} from "../judges/gesture/evaluate.js";
import { gestureSampler } from "../judges/gesture/sampler.js";
import type { GestureGenerator } from "../models/generator.js";
import { downloadProgress } from "./data.js";
import { type EvalCommand, stepsAsked } from "./eval-command.js";
import { dataOf, readingOf, requireTrainedOn } from "./model-data.js";
import { checked, printJson, printTable, say, UsageError } from "./output.js";

/**
 * Measures a model of gestures on the test dialogues of its data. With `json`, prints one `GestureEvaluation`, or a list
 * of them for several numbers of steps.
 */
export async function evalGestureCommand(
  location: string,
  model: GestureGenerator,
  command: EvalCommand,
): Promise<void> {
  const { count = 200, steps, seed, json, options = {} } = command;
  const { onProgress, stop } = downloadProgress();
  try {
    for (const option of ["neighbours", "features", "judge"] as const)
      if (command[option] !== undefined) throw new UsageError(`${location} draws gestures; leave out --${option}.`);
    if (count < FEWEST_PEOPLE)
      throw new UsageError(`--count must be a whole number of at least ${FEWEST_PEOPLE} people, got ${count}.`);
    const data = await dataOf(model.config, command.data);
    const asked = stepsAsked(options, seed, steps).map(({ seed: _, ...own }) => own);
    const samplers = await Promise.all(asked.map((own) => checked(() => gestureSampler(model, own))));
    const { skipBroken } = command.data === undefined ? readingOf(model.config) : {};
    const dataset = await resolveDialogues(data, { ...(skipBroken !== undefined && { skipBroken }), onProgress });
    await requireTrainedOn(model.config, location, { report: dataset.report, asked: command.data });
    if (!json) say(`Measuring real people of ${dataset.id} …`);
    const reference = await measureGestureReference(dataset, { count });
    const evaluations: GestureEvaluation[] = [];
    for (const sampler of samplers) {
      const evaluation = await evaluateGestures(sampler, reference, { seed });
      evaluations.push(evaluation);
      if (!json) show(evaluation);
    }
    if (json) printJson(evaluations.length === 1 ? evaluations[0] : evaluations);
  } finally {
    stop();
    await model.release();
  }
}

const figure = (value: number | null) => (value === null ? "" : Number(value.toPrecision(4)));

function show({ model, data, count, nfe, figures }: GestureEvaluation): void {
  say(`${model}: ${many(count, "person", "people")}, ${many(nfe, "network evaluation")} each, against ${data}`);
  printTable(
    ["figure", "value", "real people", "real motion, shuffled", "mean pose"],
    figures.map(({ name, value, real, shuffled, meanPose }) => [
      name,
      ...[value, real, shuffled, meanPose].map(figure),
    ]),
  );
}
