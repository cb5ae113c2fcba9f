import { resolveMotion } from "../data/index.js";
import { many } from "../io/show.js";
import {
  evaluateMotion,
  type MotionEvaluation,
  measureMotionReference,
  requireMotionSample,
} from "../judges/motion/evaluate.js";
import { MotionJudge } from "../judges/motion/model.js";
import type { MotionGenerator } from "../models/generator.js";
import { downloadProgress } from "./data.js";
import { type EvalCommand, stepsAsked } from "./eval-command.js";
import { dataOf, readingOf, requireTrainedOn } from "./model-data.js";
import { opening } from "./models.js";
import { checked, printJson, say, showMetrics, UsageError } from "./output.js";

/**
 * Measures a model of motion by a judge that learnt apart from it. With `json`, prints one `MotionEvaluation`, or a list
 * of them for several numbers of steps.
 */
export async function evalMotionCommand(location: string, model: MotionGenerator, command: EvalCommand): Promise<void> {
  const { count = 256, steps, seed, judge: judgeAt, device, json, options = {} } = command;
  const { onProgress, stop } = downloadProgress();
  let judge: MotionJudge | undefined;
  try {
    for (const option of ["neighbours", "features"] as const)
      if (command[option] !== undefined) throw new UsageError(`${location} draws motions; leave out --${option}.`);
    if (judgeAt === undefined)
      throw new UsageError(
        `${location} draws motions, which a network judges that learnt apart from it. Train one ` +
          "(fewstep train motion-judge --data locomotion --out runs/judge) and name it with --judge runs/judge.",
      );
    const data = await dataOf(model.config, command.data);
    judge = await opening((onProgress) => MotionJudge.load(judgeAt, { device, onProgress }));
    const asked = stepsAsked(options, seed, steps).map((sample) => ({ ...sample, count }));
    for (const sample of asked) await checked(() => requireMotionSample(model, judge!, sample));
    const { skipBroken } = command.data === undefined ? readingOf(model.config) : {};
    const dataset = await resolveMotion(data, { skipBroken, onProgress });
    await requireTrainedOn(model.config, location, { report: dataset.report, asked: command.data });
    if (!json) say(`Measuring real motions of ${dataset.id} …`);
    const reference = await measureMotionReference(dataset, judge);
    const evaluations: MotionEvaluation[] = [];
    for (const sample of asked) {
      const evaluation = await evaluateMotion(model, reference, { sample });
      if (evaluations.length === 0) tellLeftOut(evaluation);
      evaluations.push(evaluation);
      if (!json) show(evaluation);
    }
    if (json) printJson(evaluations.length === 1 ? evaluations[0] : evaluations);
  } finally {
    stop();
    await judge?.release();
    await model.release();
  }
}

/** Captions that are told, of those that were left out. */
const TOLD = 5;

/** Says which captions the model could not read. On stderr, so that it stands beside a JSON document too. */
function tellLeftOut({ model, leftOut }: MotionEvaluation): void {
  if (leftOut.length === 0) return;
  const lines = leftOut.slice(0, TOLD).map(({ why }) => `  ${why}`);
  const more = leftOut.length > TOLD ? [`  … and ${leftOut.length - TOLD} more`] : [];
  const head = `${model} cannot read ${many(leftOut.length, "test caption")}, left out of what it is asked for:`;
  say([head, ...lines, ...more].join("\n"));
}

function show({ model, data, judge, count, nfe, metrics }: MotionEvaluation): void {
  say(
    `${model}: ${many(count, "motion")} of ${many(nfe, "network evaluation")} each, against ${data}, judged by ${judge}`,
  );
  showMetrics(metrics);
}
