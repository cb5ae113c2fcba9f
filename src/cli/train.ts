import { join } from "node:path";
import { resolveDataset } from "../data/index.js";
import { methods } from "../methods/index.js";
import type { RunConfig } from "../methods/shared/training.js";
import { type RunResult, readConfig, terminalProgress, withInterrupt } from "../train/index.js";
import { downloadProgress } from "./data.js";
import { printJson, say, UsageError } from "./output.js";

export interface TrainCommand {
  data?: string;
  preset: string;
  out?: string;
  name?: string;
  resume?: string;
  set?: string[];
  size?: number;
  maxSeconds?: number;
  threads?: number;
  json?: boolean;
}

export async function trainCommand(methodName: string, command: TrainCommand): Promise<void> {
  const method = methods[methodName];
  if (!method)
    throw new UsageError(`There is no method "${methodName}"; choose one of ${Object.keys(methods).join(", ")}.`);
  const { maxSeconds, threads } = command;
  const resume = command.resume !== undefined;
  const out = command.resume ?? command.out;
  if (!out) throw new UsageError("Say where the run goes: --out <folder> (or --resume <folder> to go on with one).");
  const run = resume ? await resumed(methodName, out) : requested(methodName, command);
  const { onProgress, stop } = downloadProgress();
  const dataset = await resolveDataset(run.data, { size: run.size, onProgress }).finally(stop);
  const settings = resume ? run.settings : applyOverrides(method.settings(command.preset, dataset), command.set ?? []);
  const result = await withInterrupt(
    (signal) =>
      method.train(dataset, settings as never, {
        out,
        name: run.name,
        source: { data: run.data, size: run.size },
        resume,
        signal,
        maxSeconds,
        threads,
        onProgress: terminalProgress(),
      }),
    say,
  );
  report(out, result, command.json);
}

function requested(method: string, { data, size, name, out }: TrainCommand): RunConfig {
  if (!data) throw new UsageError("Say what to train on: --data <id or folder> (see: fewstep data list).");
  return {
    method,
    name: name ?? `${method}-${data.split(/[\\/]/).filter(Boolean).at(-1) ?? out}`,
    data,
    size,
    settings: null,
  };
}

async function resumed(method: string, out: string): Promise<RunConfig> {
  const config = (await readConfig(out)) as RunConfig;
  if (config.method !== method) throw new UsageError(`${out} is a run of "${config.method}", not of "${method}".`);
  return config;
}

function report(out: string, { status, step, seconds, metrics }: RunResult, json?: boolean): void {
  const model = status === "finished" ? join(out, "model") : null;
  const page = join(out, "report.html");
  if (json) printJson({ status, step, seconds, metrics, model, report: page });
  else if (model) say(`Trained in ${Math.round(seconds)} s. Model: ${model}. Report: ${page}`);
  else say(`Stopped at step ${step}, saved. Go on with: fewstep train <method> --resume ${out}`);
}

/** Applies `path.to.key=value` overrides to a copy of the preset. Values are JSON where they parse as such. */
export function applyOverrides(config: object, overrides: readonly string[]): Record<string, unknown> {
  const copy = structuredClone(config) as Record<string, unknown>;
  for (const item of overrides) {
    const [path, ...rest] = item.split("=");
    if (rest.length === 0) throw new UsageError(`--set takes key=value, got "${item}".`);
    const keys = path.split(".");
    let at = copy;
    keys.forEach((key, i) => {
      if (at === null || typeof at !== "object" || !(key in at))
        throw new UsageError(
          `--set: there is no setting "${path}"; ${i === 0 ? "the preset" : `"${keys.slice(0, i).join(".")}"`} has ${Object.keys(at ?? {}).join(", ") || "none"}.`,
        );
      if (i < keys.length - 1) at = at[key] as Record<string, unknown>;
    });
    at[keys[keys.length - 1]] = parseValue(rest.join("="));
  }
  return copy;
}

function parseValue(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text; // a plain string
  }
}
