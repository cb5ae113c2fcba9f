import { existsSync } from "node:fs";
import { basename, isAbsolute, join, resolve } from "node:path";
import { z } from "zod";
import { checkData } from "../data/index.js";
import { originSchema } from "../data/origin.js";
import { reportText, type ToldReport } from "../data/report.js";
import { tokenSettingsNamed } from "../data/tokens/settings.js";
import { shellWord } from "../io/show.js";
import { methods } from "../methods/registry.js";
import type { Method } from "../models/method.js";
import type { RunConfig } from "../recipes/recipe.js";
import type { DeviceName } from "../runtime/index.js";
import { nativeOrNull } from "../runtime/native.js";
import { inWorker, siblingModule } from "../runtime/thread.js";
import { DATA_FILE } from "../train/data-record.js";
import { type RunResult, readConfig, requireNewFolder, terminalProgress, withInterrupt } from "../train/index.js";
import { downloadProgress } from "./data.js";
import { kebab } from "./flags.js";
import { checked, printJson, say, UsageError } from "./output.js";
import { applyOverrides } from "./overrides.js";
import { READING_FLAGS, type ReadingCommand, readingOf } from "./reading.js";
import type { TrainJob, TrainMessage } from "./train-worker.js";
import { used } from "./use.js";

export interface TrainCommand extends ReadingCommand {
  data?: string;
  preset?: string;
  out?: string;
  name?: string;
  resume?: string;
  set?: string[];
  tokens?: string;
  maxSeconds?: number;
  threads?: number;
  device?: DeviceName | "auto";
  json?: boolean;
}

export async function trainCommand(methodName: string, command: TrainCommand): Promise<void> {
  const method = Object.hasOwn(methods, methodName) ? methods[methodName] : undefined;
  if (!method)
    throw new UsageError(`There is no method "${methodName}"; choose one of ${Object.keys(methods).join(", ")}.`);
  const { preset = "tiny", maxSeconds, threads, device } = command;
  const resume = command.resume !== undefined;
  const out = command.resume ?? command.out;
  if (!out) throw new UsageError("Say where the run goes: --out <folder> (or --resume <folder> to go on with one).");
  if (!resume && !Object.hasOwn(method.presets, preset))
    throw new UsageError(`There is no preset "${preset}"; choose one of ${Object.keys(method.presets).join(", ")}.`);
  const run = resume ? await resumed(methodName, out, command) : await requested(methodName, command);
  const overrides = [...tokenOverride(method, methodName, command), ...(command.set ?? [])];
  // Before any data are read; what depends on these is checked again after that
  method.check(applyOverrides(resume ? (run.settings as object) : method.presets[preset], overrides));
  if (!resume) {
    requireNewFolder(out);
    await requireFit(method, run, command.tokens);
  }
  const job: TrainJob = {
    run,
    preset: resume ? null : preset,
    overrides,
    out,
    maxSeconds,
    threads,
    device,
    use: used,
  };
  await nativeOrNull(); // what is missing is said before the work begins
  const { onProgress, stop } = downloadProgress();
  const show = terminalProgress();
  const kill = new AbortController();
  let data: ToldReport | null = null;
  const result = await withInterrupt(
    (signal) =>
      inWorker<TrainJob, RunResult, TrainMessage>(siblingModule(import.meta.url, "train-worker"), "train", job, {
        signal,
        kill: kill.signal,
        onMessage: (message) => {
          if ("download" in message) return onProgress(message.download);
          stop();
          if ("data" in message) {
            data = message.data;
            return say(reportText(data, `named in ${join(out, DATA_FILE)}`));
          }
          show(message.progress);
        },
      }),
    say,
    () => kill.abort(),
  )
    .catch((error: Error) => {
      if (error.name !== "AbortError") throw error;
      say("Stopped while fetching the data, before training began; what has been fetched is kept.");
      if (command.json)
        printJson({ status: "interrupted", step: 0, seconds: 0, metrics: {}, model: null, report: null, data });
      return null;
    })
    .finally(stop);
  if (result) report(methodName, out, result, data, command.json);
}

/** `--tokens` as the setting that it stands for. */
function tokenOverride(method: Method, name: string, { tokens, set = [] }: TrainCommand): string[] {
  if (tokens === undefined) return [];
  if (!Object.values(method.presets).every((preset) => "tokens" in preset))
    throw new UsageError(`"${name}" learns no tokens; leave out --tokens.`);
  if (set.some((item) => /^tokens\b/.test(item))) throw new UsageError("Give --tokens or --set tokens=…, not both.");
  try {
    return [`tokens=${JSON.stringify(tokenSettingsNamed(tokens))}`];
  } catch (error) {
    throw new UsageError(`--tokens: ${(error as Error).message}`);
  }
}

/** Refuses data that the method does not learn from, and options that would have no effect on them. */
async function requireFit({ learnsFrom }: Method, run: RunConfig, tokens: string | undefined): Promise<void> {
  const { method, name: _, settings: __, data, ...reading } = run;
  const kind = await checked(() => checkData(data, reading));
  if (!learnsFrom.includes(kind))
    throw new UsageError(`"${data}" is ${kind}; "${method}" learns from ${learnsFrom.join(" or ")}.`);
  if (kind === "images" && tokens !== undefined)
    throw new UsageError(`"${data}" is images; leave out --tokens, and set levels with the preset pixels.`);
}

async function requested(method: string, { data, name, ...command }: TrainCommand): Promise<RunConfig> {
  if (!data) throw new UsageError("Say what to train on: --data <id or folder> (see: fewstep data list).");
  return {
    method,
    name: name ?? `${method}-${basename(resolve(data))}`,
    data,
    ...(await readingOf(command)),
    settings: null,
  };
}

const runConfig = originSchema.extend({
  method: z.string(),
  name: z.string(),
  settings: z.record(z.string(), z.unknown()),
});

/** A run keeps what it began with; only settings may be changed from where it stands, and the place of its data. */
async function resumed(method: string, out: string, command: TrainCommand): Promise<RunConfig> {
  const settled = (["preset", "out", "name", ...READING_FLAGS, "tokens"] as const).filter(
    (o) => command[o] !== undefined,
  );
  if (settled.length > 0)
    throw new UsageError(
      `A run goes on with what it began with: leave out ${settled.map((o) => `--${kebab(o)}`).join(", ")}, or start another without --resume.`,
    );
  const { success, data: config, error } = runConfig.safeParse(await readConfig(out));
  if (!success) throw new Error(`${join(out, "config.json")} does not describe a run. ${z.prettifyError(error)}`);
  if (config.method !== method) throw new UsageError(`${out} is a run of "${config.method}", not of "${method}".`);
  if (command.data !== undefined) return { ...config, data: command.data };
  if (isAbsolute(config.data) && !existsSync(config.data))
    throw new Error(`The run's data are not at ${config.data} any more; say where they are now with --data.`);
  return config;
}

/** How a run is gone on with, to be copied into a shell. */
const resumeCommand = (method: string, out: string): string =>
  [...used.flatMap((module) => ["--use", module]), "train", method, "--resume", out].map(shellWord).join(" ");

function report(
  method: string,
  out: string,
  { status, step, seconds, metrics }: RunResult,
  data: ToldReport | null,
  json?: boolean,
): void {
  const model = status === "finished" ? join(out, "model") : null;
  const page = join(out, "report.html");
  if (json) printJson({ status, step, seconds, metrics, model, report: page, data });
  else if (model) say(`Trained in ${Math.round(seconds)} s. Model: ${model}. Report: ${page}`);
  else say(`Stopped at step ${step}, saved. Go on with: fewstep ${resumeCommand(method, out)}`);
}
