import { existsSync } from "node:fs";
import { basename, isAbsolute, join, resolve } from "node:path";
import { z } from "zod";
import { checkData } from "../data/index.js";
import { originSchema } from "../data/origin.js";
import { tokenSettingsNamed } from "../data/tokens/settings.js";
import { kebab } from "../io/show.js";
import { methods } from "../methods/registry.js";
import type { Method } from "../models/method.js";
import type { RunConfig } from "../recipes/recipe.js";
import type { DeviceName } from "../runtime/index.js";
import { type ComputeRecord, readComputeRecord } from "../train/compute-record.js";
import { readConfig, requireNewFolder } from "../train/index.js";
import { UsageError } from "./output.js";
import { applyOverrides, requireEffect } from "./overrides.js";
import { READING_FLAGS, type ReadingCommand, readingOf } from "./reading.js";
import type { TrainJob } from "./train-worker.js";

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
  gradientCheckpointing?: boolean;
  json?: boolean;
}

export type TrainPlan = Pick<TrainJob, "run" | "preset" | "overrides" | "out" | "resume" | keyof ComputeRecord>;

/** Where a run goes, and whether it goes on with one; `--resume auto` does where there is one in `--out`. */
function placeOf({ resume, out }: TrainCommand): { out: string; resume: boolean; auto: boolean } {
  const auto = resume === "auto" && out !== undefined;
  const place = auto ? out : (resume ?? out);
  if (!place) throw new UsageError("Say where the run goes: --out <folder> (or --resume <folder> to go on with one).");
  if (resume === "auto" && !auto)
    throw new UsageError("--resume auto goes on with the run in --out, or begins it: say --out <folder>.");
  return { out: place, resume: auto ? existsSync(join(place, "config.json")) : resume !== undefined, auto };
}

/** What a training is to do, checked as far as it can be before any data are read. @throws WrongUse */
export async function planTraining(methodName: string, command: TrainCommand): Promise<TrainPlan> {
  const method = Object.hasOwn(methods, methodName) ? methods[methodName] : undefined;
  if (!method)
    throw new UsageError(`There is no method "${methodName}"; choose one of ${Object.keys(methods).join(", ")}.`);
  const { preset = "tiny" } = command;
  const { out, resume, auto } = placeOf(command);
  const fresh = !resume || auto; // with `auto` the same command begins a run and goes on with it
  if (fresh && !Object.hasOwn(method.presets, preset))
    throw new UsageError(`There is no preset "${preset}"; choose one of ${Object.keys(method.presets).join(", ")}.`);
  const run = fresh ? await requested(methodName, command) : await resumed(methodName, out, command);
  if (fresh && resume) await begun(methodName, out);
  const overrides = [...tokenOverride(method, methodName, command), ...(command.set ?? [])];
  // Before any data are read; what depends on these is checked again after that
  const settings = applyOverrides(fresh ? method.presets[preset] : (run.settings as object), overrides);
  method.check(settings);
  requireEffect(method, settings, overrides);
  if (command.gradientCheckpointing && !method.blocks(settings))
    throw new UsageError(
      `With these settings the networks of "${methodName}" have no blocks to compute again; leave out --gradient-checkpointing.`,
    );
  if (!resume) requireNewFolder(out);
  if (fresh) await requireFit(method, run, command.tokens);
  const compute = resume ? await computeOf(out, command) : asked(command);
  return { run, preset: fresh ? preset : null, overrides, out, resume, ...compute };
}

const asked = ({ device, threads, gradientCheckpointing }: TrainCommand): ComputeRecord => ({
  device,
  threads,
  gradientCheckpointing,
});

/** How a run that goes on computes: as it was asked to last, where nothing else is said. */
async function computeOf(out: string, command: TrainCommand): Promise<ComputeRecord> {
  const said = Object.entries(asked(command)).filter(([, value]) => value !== undefined);
  return said.length === 3 ? asked(command) : { ...(await readComputeRecord(out)), ...Object.fromEntries(said) };
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
  const kind = await checkData(data, reading);
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

async function begun(method: string, out: string): Promise<z.output<typeof runConfig>> {
  const { success, data: config, error } = runConfig.safeParse(await readConfig(out));
  if (!success) throw new Error(`${join(out, "config.json")} does not describe a run. ${z.prettifyError(error)}`);
  if (config.method !== method) throw new UsageError(`${out} is a run of "${config.method}", not of "${method}".`);
  return config;
}

/** A run keeps what it began with; only settings may be changed from where it stands, and the place of its data. */
async function resumed(method: string, out: string, command: TrainCommand): Promise<RunConfig> {
  const settled = (["preset", "out", "name", ...READING_FLAGS, "tokens"] as const).filter(
    (o) => command[o] !== undefined,
  );
  if (settled.length > 0)
    throw new UsageError(
      `A run goes on with what it began with: leave out ${settled.map((o) => `--${kebab(o)}`).join(", ")}, or start another without --resume.`,
    );
  const config = await begun(method, out);
  if (command.data !== undefined) return { ...config, data: command.data };
  if (isAbsolute(config.data) && !existsSync(config.data))
    throw new Error(`The run's data are not at ${config.data} any more; say where they are now with --data.`);
  return config;
}
