import { type ProgressReport, resolveData } from "../data/index.js";
import { type ToldReport, told } from "../data/report.js";
import { methods } from "../methods/registry.js";
import type { RunConfig } from "../recipes/recipe.js";
import type { DeviceName } from "../runtime/index.js";
import type { Ranks } from "../runtime/ranks.js";
import type { ThreadTask } from "../runtime/thread.js";
import type { ProgressEvent, RunResult } from "../train/index.js";
import { applyOverrides } from "./overrides.js";
import { use } from "./use.js";

export interface TrainJob {
  run: RunConfig;
  /** Of a new run; a resumed one has its settings in `run`. */
  preset: string | null;
  /** `path.to.key=value`, applied to these settings. */
  overrides: string[];
  out: string;
  /** Whether it goes on with the run in `out`. */
  resume: boolean;
  maxSeconds?: number;
  threads?: number;
  device?: DeviceName | "auto";
  gradientCheckpointing?: boolean;
  /** Modules that register methods of one's own. */
  use?: readonly string[];
  /** The processes that train together; not for a thread. */
  ranks?: Ranks;
}
export type TrainMessage = { download: ProgressReport } | { data: ToldReport } | { progress: ProgressEvent };

/**
 * Trains in a worker thread, so that the thread with the progress bar and Ctrl-C stays free while the runtime computes.
 */
export const train: ThreadTask<TrainJob, RunResult, TrainMessage> = async (
  { run, preset, overrides, out, resume, maxSeconds, threads, device, gradientCheckpointing, use: modules = [], ranks },
  post,
  signal,
) => {
  await use(modules);
  const method = methods[run.method];
  const { method: _, name, settings: __, data, ...reading } = run;
  const dataset = await resolveData(data, { ...reading, signal, onProgress: (download) => post({ download }) });
  const { report } = dataset;
  if (report) post({ data: told(report) });
  const before = preset === null ? (run.settings as object) : method.settings(preset, dataset);
  const settings = applyOverrides(before, overrides);
  return method.train(dataset, settings, {
    out,
    name,
    source: { ...reading, data: report?.path ?? data },
    resume,
    free: ["name", "data"],
    signal,
    maxSeconds,
    threads,
    device,
    gradientCheckpointing,
    ranks,
    onProgress: (progress) => post(progress.type === "data" ? { download: progress.report } : { progress }),
  });
};
