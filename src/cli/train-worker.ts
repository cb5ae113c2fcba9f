import { type ProgressReport, resolveDataset } from "../data/index.js";
import { methods } from "../methods/index.js";
import type { RunConfig } from "../methods/shared/training.js";
import type { ThreadTask } from "../runtime/thread.js";
import type { ProgressEvent, RunResult } from "../train/index.js";
import { applyOverrides } from "./overrides.js";

export interface TrainJob {
  run: RunConfig;
  /** Preset and overrides of a new run; a resumed one has its settings in `run`. */
  preset: string | null;
  overrides: string[];
  out: string;
  maxSeconds?: number;
  threads?: number;
}
export type TrainMessage = { download: ProgressReport } | { progress: ProgressEvent };

/** Trains in a worker thread, so that the thread with the progress bar and Ctrl-C stays free while the runtime computes. */
export const train: ThreadTask<TrainJob, RunResult, TrainMessage> = async (
  { run, preset, overrides, out, maxSeconds, threads },
  post,
  signal,
) => {
  const method = methods[run.method];
  const { data, size, name } = run;
  const dataset = await resolveDataset(data, { size, signal, onProgress: (download) => post({ download }) });
  const settings = preset === null ? run.settings : applyOverrides(method.settings(preset, dataset), overrides);
  return method.train(dataset, settings as never, {
    out,
    name,
    source: { data, size },
    resume: preset === null,
    signal,
    maxSeconds,
    threads,
    onProgress: (progress) => post({ progress }),
  });
};
