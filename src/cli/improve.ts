import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { valueAt } from "../io/faults.js";
import { many, shellWord } from "../io/show.js";
import {
  type ImproveContext,
  type Improvement,
  type ImprovePlan,
  improvable,
  improve,
  readImprovement,
  stepsText,
} from "../loops/diagnostic/index.js";
import { readModelConfig } from "../models/files.js";
import type { DeviceName } from "../runtime/index.js";
import { terminalProgress } from "../train/index.js";
import { parseSettings } from "../train/settings.js";
import { MOTIONS, requireMotionJudge } from "./diagnose-drawn.js";
import { dataOf } from "./model-data.js";
import { printJson, printTable, say, UsageError } from "./output.js";
import { applyOverrides, isWithin, requireEffect, settingOf } from "./overrides.js";

/** What `fewstep improve` is told. */
export interface ImproveCommand {
  data?: string;
  features?: string;
  out?: string;
  resume?: string;
  rounds?: number;
  steps?: number;
  reinforce?: number;
  count?: number;
  seed?: number;
  control?: boolean;
  set?: string[];
  threads?: number;
  device?: DeviceName | "auto";
  json?: boolean;
}

/** What a resumed improvement has from its beginning. */
const SETTLED = ["out", "rounds", "steps", "reinforce", "count", "seed", "control", "set", "features"] as const;

/** Trains a model on, round by round, on a mixture weighted by what it draws badly. */
export async function improveCommand(run: string | undefined, command: ImproveCommand): Promise<void> {
  const out = command.resume ?? command.out;
  if (!out) throw new UsageError("Say where it goes: --out <folder> (or --resume <folder> to go on with one).");
  const plan = command.resume === undefined ? await planned(run, command) : await resumed(run, command.resume, command);
  const { device, threads } = command;
  const rounds = <D>(context: Pick<ImproveContext<D>, "target" | "source" | "signal">) =>
    improve(plan, {
      ...{ ...context, out, threads, device, say },
      resume: command.resume !== undefined,
      onProgress: terminalProgress(),
    });
  const { improveAnswers, improveDrawing } = await import("./improve-targets.js");
  const state = await (plan.judge === null ? improveAnswers : improveDrawing)(plan, command, rounds);
  report(out, state, command.json);
}

/** What is asked for, checked. @throws WrongUse where it cannot be */
export async function planned(run: string | undefined, command: ImproveCommand): Promise<ImprovePlan> {
  if (run === undefined) throw new UsageError("Say what to improve: the folder of a finished run.");
  const { method, config, lastSteps } = await improvable(run);
  const { rounds = 3, seed = 0, control = false, features, reinforce, set = [] } = command;
  if (method.answers && features !== undefined)
    throw new UsageError("Answers are right or wrong without a judge; leave out --features.");
  const motion = method.learnsFrom.includes("motion");
  if (motion) requireMotionJudge(run, features);
  const { count = method.answers ? 200 : motion ? MOTIONS : 500 } = command;
  if (!method.answers && reinforce !== undefined)
    throw new UsageError("Models that draw have no answers that could be rewarded; leave out --reinforce.");
  const asked = applyOverrides(parseSettings(method.schema, config.settings) as object, set);
  const given = method.answers ? answerSteps(command) : drawnSteps(command, method.lastSteps(asked) ?? lastSteps);
  const settings = applyOverrides(asked, given);
  requireAgreement(asked, settings, { set, given });
  requireEffect(method, settings, set, run);
  const mixture = method.answers && !control && set.map(settingOf).find((path) => isWithin(path, "mixture"));
  if (mixture)
    throw new UsageError(
      `--set ${mixture} has no effect: the diagnosis makes the mixture. Leave it out, or add --control.`,
    );
  const data = await dataOf(await readModelConfig(run), command.data);
  const judge = method.answers ? null : placed(features ?? "classifier");
  return { run: resolve(run), data, judge, rounds, seed, perClass: count, settings, control };
}

/** A judge's folder wherever it is gone on from; its name as it is. */
const placed = (features: string) =>
  ["config.json", "model/config.json"].some((file) => existsSync(join(features, file))) ? resolve(features) : features;

const drawnSteps = ({ steps }: ImproveCommand, last: string) => (steps === undefined ? [] : [`${last}=${steps}`]);
const answerSteps = ({ steps, reinforce }: ImproveCommand) => [
  ...(steps === undefined ? [] : [`training.steps=${steps}`]),
  ...(reinforce === undefined ? [] : [`reinforcement.steps=${reinforce}`]),
];

/** Refuses an option that says otherwise than --set does. */
function requireAgreement(
  asked: object,
  settings: object,
  { set, given }: Record<"set" | "given", readonly string[]>,
): void {
  for (const path of given.map(settingOf)) {
    const keys = path.split(".");
    const [one, other] = [asked, settings].map((all) => valueAt(all, keys));
    if (one === other || !set.some((item) => isWithin(path, settingOf(item)))) continue;
    const option = path === "reinforcement.steps" ? "--reinforce" : "--steps";
    throw new UsageError(`${option} ${other} and --set make ${path} ${other} and ${one}: leave one of them out.`);
  }
}

async function resumed(run: string | undefined, out: string, command: ImproveCommand): Promise<ImprovePlan> {
  const given = SETTLED.filter((name) => command[name] !== undefined);
  if (given.length > 0)
    throw new UsageError(
      `An improvement goes on with what it began with: leave out ${given.map((name) => `--${name}`).join(", ")}, or start another without --resume.`,
    );
  const { plan } = await readImprovement(out);
  if (run !== undefined && resolve(run) !== plan.run)
    throw new UsageError(`${out} improves ${plan.run}, not ${run}; leave out the model.`);
  return plan;
}

function report(out: string, state: Improvement | null, json?: boolean): void {
  if (state === null) {
    if (json) printJson({ status: "interrupted" });
    else say(`Stopped and saved. Go on with: fewstep improve --resume ${shellWord(out)}`);
    return;
  }
  const page = join(out, "report.html");
  const model = join(out, "model");
  if (json) {
    printJson({ status: "finished", ...state, model, report: page });
    return;
  }
  const compares = state.plan.control;
  printTable(
    [
      "round",
      "for",
      "steps",
      "kept",
      "why",
      ...(compares ? ["control's steps", "what was worst, by the control"] : []),
    ],
    state.rounds.map(({ round, targets, kept, why, control, ...learnt }) => [
      ...[round, targets.join(", "), stepsText(learnt), kept ? "yes" : "no", why],
      ...(control ? [stepsText(control), changeText(control.targets)] : []),
    ]),
  );
  if (compares) say("The control is the same training, from the same model, on the mixture as it was.");
  const kept = state.rounds.filter((round) => round.kept).length;
  say(`${many(kept, "round")} of ${state.rounds.length} kept; ${state.ended}.`);
  if (state.final) {
    say(`On what no round has seen, the mean score of what was worst changed by ${changeText(state.final.targets)}.`);
  } else say(`The model is what it was.`);
  say(`Model: ${model}. Report: ${page}`);
}

const changeText = ({ value, interval }: { value: number; interval: readonly [number, number] }): string =>
  `${value.toFixed(3)} (${interval[0].toFixed(3)} … ${interval[1].toFixed(3)})`;
