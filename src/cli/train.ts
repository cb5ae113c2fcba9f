import { join } from "node:path";
import { z } from "zod";
import { checkData, type LongLines } from "../data/index.js";
import { tokenSettingsNamed } from "../data/tokens/settings.js";
import { shellWord } from "../io/show.js";
import { methods } from "../methods/registry.js";
import type { Method } from "../models/method.js";
import type { RunConfig } from "../recipes/training.js";
import type { DeviceName } from "../runtime/index.js";
import { nativeOrNull } from "../runtime/native.js";
import { inWorker, siblingModule } from "../runtime/thread.js";
import { type RunResult, readConfig, terminalProgress, withInterrupt } from "../train/index.js";
import { downloadProgress } from "./data.js";
import { kebab } from "./flags.js";
import { checked, printJson, say, UsageError } from "./output.js";
import { applyOverrides } from "./overrides.js";
import type { TrainJob, TrainMessage } from "./train-worker.js";
import { used } from "./use.js";

export interface TrainCommand {
  data?: string;
  preset?: string;
  out?: string;
  name?: string;
  resume?: string;
  set?: string[];
  size?: number;
  lines?: boolean;
  encoding?: string;
  longLines?: LongLines;
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
  const run = resume ? await resumed(methodName, out, command) : requested(methodName, command);
  const overrides = [...tokenOverride(method, methodName, command), ...(command.set ?? [])];
  // Before any data are read; what depends on these is checked again after that
  method.check(applyOverrides(resume ? (run.settings as object) : method.presets[preset], overrides));
  if (!resume) await requireFit(method, methodName, command);
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
  const result = await withInterrupt(
    (signal) =>
      inWorker<TrainJob, RunResult, TrainMessage>(siblingModule(import.meta.url, "train-worker"), "train", job, {
        signal,
        kill: kill.signal,
        onMessage: (message) => {
          if ("download" in message) return onProgress(message.download);
          stop();
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
        printJson({ status: "interrupted", step: 0, seconds: 0, metrics: {}, model: null, report: null });
      return null;
    })
    .finally(stop);
  if (result) report(methodName, out, result, command.json);
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

/** Refuses data that the method does not learn from, and options for another kind of data. */
async function requireFit(method: Method, name: string, { data = "", ...command }: TrainCommand): Promise<void> {
  const { size, lines, encoding, longLines, tokens } = command;
  const kind = await checked(() => checkData(data, { size, lines, encoding, longLines }));
  if (!method.learnsFrom.includes(kind))
    throw new UsageError(`"${data}" is ${kind}; "${name}" learns from ${method.learnsFrom.join(" or ")}.`);
  if (kind === "images" && tokens !== undefined)
    throw new UsageError(`"${data}" is images; leave out --tokens, and set levels with the preset pixels.`);
}

function requested(method: string, { data, size, lines, encoding, longLines, name, out }: TrainCommand): RunConfig {
  if (!data) throw new UsageError("Say what to train on: --data <id or folder> (see: fewstep data list).");
  return {
    method,
    name: name ?? `${method}-${data.split(/[\\/]/).filter(Boolean).at(-1) ?? out}`,
    data,
    size,
    lines,
    encoding,
    longLines,
    settings: null,
  };
}

const runConfig = z.object({
  method: z.string(),
  name: z.string(),
  data: z.string(),
  size: z.number().int().positive().optional(),
  lines: z.boolean().optional(),
  encoding: z.string().optional(),
  longLines: z.enum(["skip", "cut"]).optional(),
  settings: z.record(z.string(), z.unknown()),
});

/** A run keeps what it began with; only settings may be changed from where it stands. */
async function resumed(method: string, out: string, command: TrainCommand): Promise<RunConfig> {
  const settled = (
    ["data", "preset", "out", "name", "size", "lines", "encoding", "longLines", "tokens"] as const
  ).filter((o) => command[o] !== undefined);
  if (settled.length > 0)
    throw new UsageError(
      `A run goes on with what it began with: leave out ${settled.map((o) => `--${kebab(o)}`).join(", ")}, or start another without --resume.`,
    );
  const { success, data: config, error } = runConfig.safeParse(await readConfig(out));
  if (!success) throw new Error(`${join(out, "config.json")} does not describe a run. ${z.prettifyError(error)}`);
  if (config.method !== method) throw new UsageError(`${out} is a run of "${config.method}", not of "${method}".`);
  return config;
}

/** How a run is gone on with, to be copied into a shell. */
export const resumeCommand = (method: string, out: string): string =>
  [...used.flatMap((module) => ["--use", module]), "train", method, "--resume", out].map(shellWord).join(" ");

function report(method: string, out: string, { status, step, seconds, metrics }: RunResult, json?: boolean): void {
  const model = status === "finished" ? join(out, "model") : null;
  const page = join(out, "report.html");
  if (json) printJson({ status, step, seconds, metrics, model, report: page });
  else if (model) say(`Trained in ${Math.round(seconds)} s. Model: ${model}. Report: ${page}`);
  else say(`Stopped at step ${step}, saved. Go on with: fewstep ${resumeCommand(method, out)}`);
}
