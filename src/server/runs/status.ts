import { readFile, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { fate, type ProcessIdentity } from "../../io/process.js";
import { listSheets, lockHolder, readConfig, readStage } from "../../train/index.js";
import type { RunDetail, RunState, RunSummary } from "./api.js";
import type { CurveReader, Reached } from "./curves.js";
import { readLog } from "./log.js";
import { fileOf } from "./names.js";
import type { Job } from "./queue-file.js";

/** What stands for the method of an improvement of a run. */
export const IMPROVES = "improve";

/** Who trains in a run; `known` false: on another machine or in another container. */
export interface Holder {
  pid: number;
  known: boolean;
}

export async function holderOf(folder: string | null, job: Job | undefined): Promise<Holder | null> {
  const started = job?.state === "started" ? job.process : null;
  if (started && (await fate(started)) === "runs") return { pid: started.pid, known: true };
  const lock: (ProcessIdentity & { known: boolean }) | null = folder
    ? await lockHolder(folder).catch(() => null)
    : null;
  return lock && { pid: lock.pid, known: lock.known };
}

interface Found {
  name: string;
  folder: string | null;
  job: Job | undefined;
  place: number | null;
  ending: boolean;
  reader: CurveReader | null;
  log: string;
}

const timeOf = async (path: string): Promise<number> => (await stat(path).catch(() => null))?.mtimeMs ?? 0;

/** Everything that is to be known of a run, from its folder, its log and its job. */
export async function detailOf({ name, folder, job, place, ending, reader, log: path }: Found): Promise<RunDetail> {
  const config = folder && (await fileOf(folder, "config.json")) ? await configOf(folder) : null;
  const holder = await holderOf(folder, job);
  if (reader && folder && (await fileOf(folder, "metrics.jsonl"))) await reader.refresh();
  const reached = reader?.reached ?? null;
  const [stage, sheets, log, trained, modelled, report, improvement] = await Promise.all([
    folder ? readStage(folder) : null,
    folder ? listSheets(folder) : [],
    readLog(path),
    folder ? timeOf(join(folder, "metrics.jsonl")) : 0,
    folder ? timeOf(join(folder, "model", "model.safetensors")) : 0,
    folder ? fileOf(folder, "report.html") : null,
    folder ? fileOf(folder, "improve.json") : null,
  ]);
  // A log that is older than the last step or the model is of an earlier attempt
  const failed = log.error !== null && log.written >= Math.max(trained, modelled);
  const state: RunState = holder
    ? "running"
    : job?.state === "queued"
      ? "queued"
      : failed
        ? "failed"
        : modelled > 0
          ? "finished"
          : "interrupted";
  const request = job?.request ?? job?.improve ?? null;
  const improves = job?.method === IMPROVES || improvement !== null;
  return {
    name,
    state,
    method: text(config?.method) ?? (improves ? IMPROVES : (job?.method ?? null)),
    improves,
    data: text(config?.data) ?? job?.request?.data ?? job?.improve?.run ?? (improvement && (await runOf(improvement))),
    preset: job?.request?.preset ?? null,
    place,
    ending: ending && holder !== null,
    ...progressOf(reached, stage, state),
    newestSheet: sheets.at(-1)?.path.split(/[/\\]/).at(-1) ?? null,
    model: modelled > 0,
    report: report !== null,
    error: state === "failed" ? log.error : null,
    begun: config !== null || improvement !== null,
    resumable:
      (state === "interrupted" || state === "failed") &&
      (config ? text(config.method) : (improvement ?? request)) !== null,
    changed: isoOf(Math.max(trained, modelled, log.written)),
    settings: config ?? (request as Record<string, unknown> | null) ?? {},
    curves: reader?.curves ?? [],
    sheets: sheets.map(({ path, stage, step }) => ({ file: path.split(/[/\\]/).at(-1)!, stage, step })),
    log: log.lines,
  };
}

/** Without what would be long. */
export const summaryOf = ({ settings: _, curves: __, sheets: ___, log: ____, ...summary }: RunDetail): RunSummary =>
  summary;

function progressOf(reached: Reached | null, stage: Awaited<ReturnType<typeof readStage>>, state: RunState) {
  // The file is ahead of the steps where a stage has just begun
  const begun = reached !== null && (stage === null || stage.stage === reached.stage);
  const stageStep = begun ? reached.stageStep : 0;
  const { secondsPerStep } = begun ? reached : { secondsPerStep: null };
  const running = state === "running" && stage !== null && secondsPerStep !== null;
  return {
    step: reached?.step ?? 0,
    stage: stage?.stage ?? reached?.stage ?? null,
    stageNumber: stage?.number ?? null,
    stages: stage?.stages ?? null,
    stageStep,
    stageSteps: stage?.steps ?? null,
    secondsLeft: running ? Math.max(0, stage.steps - stageStep) * secondsPerStep : null,
    seconds: reached?.seconds ?? 0,
    metrics: reached?.metrics ?? {},
  };
}

const configOf = (folder: string): Promise<Record<string, unknown> | null> =>
  readConfig(folder).then(
    (config) => (typeof config === "object" && config !== null ? (config as Record<string, unknown>) : null),
    () => null,
  );
const text = (value: unknown): string | null => (typeof value === "string" ? value : null);
/** The name of the run that an improvement began with. */
const runOf = (path: string): Promise<string | null> =>
  readFile(path, "utf8").then(
    (told) => basename(JSON.parse(told).plan.run),
    () => null,
  );
const isoOf = (time: number): string | null => (time > 0 ? new Date(time).toISOString() : null);
