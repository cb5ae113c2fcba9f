import { join, resolve } from "node:path";
import { SKILLS, type Skill } from "../data/scenes/index.js";
import { unknownOption } from "../io/known.js";
import { kebab, many, shellWord } from "../io/show.js";
import {
  diagnoseEndpoint,
  type EndpointDiagnosis,
  EndpointError,
  type EndpointPlan,
  isAddress,
  LEDGER,
  parseEndpoint,
  readLabelledQuestions,
  readPlan,
  showSpent,
  TOKEN_VARIABLE,
} from "../loops/diagnostic/endpoint/index.js";
import { LABELLED_CAUSES, type LabelledDiagnosis } from "../loops/diagnostic/labelled.js";
import { LABELLED_HEAD, labelledRow } from "../loops/diagnostic/labelled-report.js";
import { withInterrupt } from "../train/index.js";
import type { DiagnoseCommand } from "./diagnose-command.js";
import { exportItems, requireExport } from "./diagnose-export.js";
import { showAnswers, showReasons } from "./eval-answers.js";
import { printJson, printTable, say, UsageError } from "./output.js";

/** Whether a model behind an endpoint is meant: an address with a name of a model, or a folder to go on in. */
export const asksEndpoint = (location: string | undefined, { model, resume }: DiagnoseCommand): boolean =>
  resume !== undefined || (location !== undefined && isAddress(location) && model !== undefined);

const flag = (name: string) => `--${kebab(name)}`;

/** @throws UsageError where options are given that would have no effect */
export function refuseOptions(command: DiagnoseCommand, names: readonly (keyof DiagnoseCommand)[], of: string): void {
  const given = names.filter((name) => command[name] !== undefined && !(name === "device" && command[name] === "auto"));
  const all = [...given, ...(names.includes("options") ? Object.keys(command.options ?? {}) : [])];
  const shown = all.filter((name) => name !== "options").map(flag);
  if (shown.length > 0) throw new UsageError(`${of}, ${shown.join(", ")} would have no effect; leave it out.`);
}

/** Says which skills a model behind an OpenAI-compatible endpoint lacks. */
export async function diagnoseEndpointCommand(location: string | undefined, command: DiagnoseCommand): Promise<void> {
  refuseOptions(
    command,
    ["features", "data", "checkpoint", "device", "options", "report"],
    "For a model behind an endpoint",
  );
  const out = command.resume ?? command.out;
  if (out === undefined)
    throw new UsageError(
      "Say where answers, costs and the report go: --out <folder> (or --resume <folder> to go on with one).",
    );
  await requireExport(command);
  const plan = command.resume === undefined ? await planned(location!, command) : await resumed(location, command);
  if (plan.questions && command.export !== undefined)
    throw new UsageError("Items to train on are made for the skills of scenes; with --questions leave out --export.");
  const { concurrency, attempts, timeout, allowRemote } = command;
  const limits =
    timeout === undefined ? undefined : { connect: Math.min(10, timeout), idle: Math.min(30, timeout), total: timeout };
  const token = process.env[TOKEN_VARIABLE] || undefined;
  const again = `fewstep diagnose --resume ${shellWord(out)}${allowRemote ? " --allow-remote" : ""}`;
  const told = await withInterrupt(
    (signal) =>
      diagnoseEndpoint(plan, {
        ...{ out, allowRemote, concurrency, attempts, limits, token, signal, say },
        resume: command.resume !== undefined,
        onAnswer: progress(),
      }),
    () => say("Waiting for the calls under way; Ctrl-C once more stops at once, and they are made again."),
  ).catch((error) => {
    if (error instanceof EndpointError) say(`What was answered is kept; when it is mended, go on with: ${again}`);
    throw error;
  });
  if (!told) {
    if (command.json) printJson({ status: "interrupted" });
    else say(`Stopped; what was answered is kept. Go on with: ${again}`);
    return;
  }
  const exported = told.kind === "scenes" ? await exportItems(told.found, command, plan.model) : null;
  if (command.json) printJson({ ...told.found, spent: told.spent, ...(exported && { exported }) });
  else show(told);
  if (told.spent.unanswered > 0) say(`To ask again what has no answer: ${again}`);
  say(`Report: ${join(out, "report.html")}. Ledger: ${join(out, LEDGER)}.`);
}

async function planned(address: string, command: DiagnoseCommand): Promise<EndpointPlan> {
  const { model = "", questions, skills = SKILLS, count, seed, maxTokens = 1024 } = command;
  const unknown = skills.find((skill) => !SKILLS.includes(skill as Skill));
  if (unknown !== undefined) throw unknownOption("--skills", unknown, SKILLS);
  parseEndpoint(address, model);
  if (questions !== undefined) refuseOptions(command, ["skills", "count", "seed"], "For questions of one's own");
  const set = questions === undefined ? null : await readLabelledQuestions(questions);
  return {
    ...{ format: 1, address, model, seed: seed ?? 0, temperature: 0, maxTokens },
    questions: set && { path: resolve(questions!), sha256: set.sha256 },
    skills: set ? null : [...new Set(skills as Skill[])],
    count: set ? null : (count ?? 200),
  };
}

/** What a diagnosis that goes on has from its beginning. */
const SETTLED = ["model", "questions", "skills", "out", "count", "seed", "maxTokens"] as const;

async function resumed(location: string | undefined, command: DiagnoseCommand): Promise<EndpointPlan> {
  const given = SETTLED.filter((name) => command[name] !== undefined);
  if (given.length > 0)
    throw new UsageError(
      `A diagnosis goes on with what it began with: leave out ${given.map(flag).join(", ")}, or begin another without --resume.`,
    );
  const plan = await readPlan(command.resume!);
  if (location !== undefined && location !== plan.address)
    throw new UsageError(`${command.resume} asks ${plan.address}, not ${location}; leave out the address.`);
  return plan;
}

/** Says now and then how many questions are through, with an answer or without one. */
function progress(): (done: number) => void {
  let last = performance.now();
  return (done) => {
    if (performance.now() - last < 15_000) return;
    last = performance.now();
    say(`${many(done, "question")} done so far.`);
  };
}

function show(told: EndpointDiagnosis): void {
  if (told.kind === "scenes") showAnswers(told.found);
  else showLabelled(told.found);
  say(showSpent(told.spent));
}

/** Prints a diagnosis of labelled questions, worst first. */
export function showLabelled({ model, data, skills, slices, failures, unanswered }: LabelledDiagnosis): void {
  say(`${model}: questions of ${data}. Worst first.`);
  printTable(LABELLED_HEAD, skills.map(labelledRow));
  showReasons(unanswered, LABELLED_CAUSES, slices);
  for (const { id, skill, question, answer, said, cause } of failures.slice(0, 8))
    say(`${skill}, ${id}: "${question}" is ${answer}, not ${said || "nothing"} (${cause})`);
}
