import { join, resolve } from "node:path";
import type { Origin } from "../data/origin.js";
import { makeFolder } from "../io/atomic.js";
import { show } from "../io/show.js";
import type { Ranks } from "../runtime/ranks.js";
import { Checkpoints } from "./checkpoint.js";
import {
  beginFolder,
  compareConfigs,
  RunError,
  readConfig,
  removeLeftovers,
  WrongRun,
  writeConfig,
  writing,
} from "./folder.js";
import type { TrainingCompute } from "./gradient-stage.js";
import { lockFolder } from "./lock.js";
import { type Keeper, type LoopOptions, type MadeStage, requireLoop, trainStages } from "./loop.js";
import { MetricsFile, type MetricsRow } from "./metrics.js";
import { ranksKeeper } from "./ranks-keeper.js";
import { writeReport } from "./report.js";
import { dropSheets, saveSheet } from "./samples.js";
import type { Position, ProgressEvent, Stage } from "./stage.js";
import { writeStage } from "./stage-file.js";

export interface RunOptions extends LoopOptions {
  /** The run's folder: config.json, stage.json, metrics.jsonl, checkpoints/, samples/, report.html. */
  out: string;
  /** JSON; kept as config.json. */
  config: unknown;
  /** More JSON to be kept beside it, by file name. */
  beside?: Readonly<Record<string, unknown>>;
  /**
   * Continue the run in `out`, exactly as if it had not been stopped. Without it a folder with a run is refused. A
   * `config` other than that in config.json is a wish, followed with a warning; one that config.json shares, but not
   * the checkpoint, is refused.
   */
  resume?: boolean;
  /** Keys of the configuration that may be edited in config.json, with a warning. */
  free?: readonly string[];
  /** Number of checkpoints kept of the present stage; default 3. */
  keep?: number;
  /** Writes what is trained as it is at a checkpoint, with averages in place. Where that fails, training goes on. */
  snapshot?(position: Position): Promise<void>;
  /** Told what happens; by default warnings go to `process.emitWarning`. */
  onProgress?(event: ProgressEvent): void;
}

/** A finished run of the same recipe, whose last stage is trained on, with a new optimiser and schedule. */
export interface Beginning {
  /** Its folder, with the checkpoints of the stages before the last, which are taken as they are. */
  run: string;
  /** Its model's, by name. */
  weights: Readonly<Record<string, { shape: number[]; data: Float32Array }>>;
}

/** How a method's training run is carried out; its settings come beside. */
export interface TrainOptions extends Omit<RunOptions, "config" | "beside" | "snapshot">, TrainingCompute {
  /** Name the trained model carries; default the data's. */
  name?: string;
  /** How the data can be found and read again; recorded in the run's config.json. */
  source?: Origin;
  /** What it goes on from, rather than from random weights; given again where it is resumed. */
  from?: Beginning;
}

export interface RunResult {
  /** "interrupted": stopped by the signal or `maxSeconds`, saved, to be resumed. */
  status: "finished" | "interrupted";
  /** Training steps made in the whole run. */
  step: number;
  /** Wall-clock time of the run, over all its sessions. */
  seconds: number;
  /** What the last step of this session returned. */
  metrics: Record<string, number>;
  /** The newest checkpoint. */
  checkpoint: string | null;
}

/**
 * Trains the stages one after the other. A stage given as a function is made when the one before it is finished, so
 * that it can build on its result. The state is saved at intervals, at the end of each stage and on interruption; a
 * resumed run gives bit-identical weights on a CPU with as many threads (a GPU may add gradients of long tables in any
 * order). Throws `RunError` where the folder or a checkpoint cannot be used, the loss is not finite or a file cannot be
 * written. Of several ranks the first has the folder; the others take what it restores, and write nothing.
 */
export async function runStages(stages: readonly MadeStage[], options: RunOptions): Promise<RunResult> {
  const { config, beside = {}, resume = false, keep = 3, free = [], snapshot, ranks } = options;
  requireLoop(options);
  if (ranks && ranks.rank > 0) return follow(stages, options, ranks);
  if (typeof options.out !== "string" || options.out === "")
    throw new RunError(`out must be the path of the run's folder, got ${show(options.out)}.`);
  if (!(Number.isInteger(keep) && keep >= 1)) throw new RunError(`keep must be a whole number ≥ 1, got ${keep}.`);

  const out = resolve(options.out);
  const emit =
    options.onProgress ?? ((event: ProgressEvent) => event.type === "warning" && process.emitWarning(event.message));
  const warn = (message: string) => emit({ type: "warning", message });
  const checkpoints = new Checkpoints(join(out, "checkpoints"), keep, config);
  const log = new MetricsFile(join(out, "metrics.jsonl"));
  const rowNames: Record<string, readonly string[]> = {};
  let newest: string | null = null;
  let writable = !resume; // a run to resume is left as it is until a checkpoint has been loaded
  let before: unknown; // configuration of the checkpoint that training goes on from
  let file: unknown; // configuration in config.json

  function compare(over = false): void {
    for (const message of resume ? compareConfigs(out, { before, file, config, free, over }) : []) warn(message);
  }

  /** Makes what the folder holds of the present stage agree with the checkpoint that training goes on from. */
  async function openToWrite({ name }: Stage, { step, stage }: Position): Promise<void> {
    if (!resume) return;
    if (!writable) {
      compare();
      emit({ type: "info", message: `Resuming at step ${step}, in the stage "${stage}".` });
    }
    await writing(out, async () => {
      await log.truncate(name, step);
      await dropSheets(out, name, step);
      if (!writable) await removeLeftovers(out);
    });
    writable = true;
  }

  const keeper: Keeper = {
    async restore(stage) {
      const checkpoint = resume ? await checkpoints.newest(stage.name, warn) : null;
      if (!checkpoint) return null;
      before = checkpoint.config;
      try {
        checkpoint.restore(stage.state);
      } catch (error) {
        compareConfigs(out, { before, file, config, free }); // where a setting was changed, it is named
        throw error;
      }
      const { position, end, path } = checkpoint;
      if (end && stage.steps > position.stageStep && !stage.done?.())
        throw new WrongRun(
          `The stage "${stage.name}" ended after ${position.stageStep} steps and cannot go on to ${stage.steps}; train into another folder.`,
        );
      newest = path;
      if (end && writable) await openToWrite(stage, position);
      return checkpoint;
    },
    async open(stage, number, position) {
      await openToWrite(stage, position);
      const { name, steps } = stage;
      await writing(out, () => writeStage(out, { stage: name, number, stages: stages.length, steps }));
    },
    async save(stage, position, end) {
      newest = await writing(out, async () => {
        const path = await checkpoints.save(position, stage.state, end);
        if (file !== config) await writeConfig(out, config, beside); // once a checkpoint knows of it
        file = config;
        return path;
      });
      emit({ type: "checkpoint", path: newest });
      if (!snapshot) return;
      const presented = stage.presented ?? ((work) => work());
      await presented(() => snapshot(position)).catch((error: Error) =>
        warn(`The model could not be written as it is at step ${position.step}: ${error.message}`),
      );
    },
    log: async (row) => writing(out, () => log.append(row as MetricsRow)),
    async sheet(stage, sheet, { step }) {
      if ("labels" in sheet && sheet.labels) rowNames[stage.name] = sheet.labels;
      const path = await writing(out, () => saveSheet(out, step, stage.name, sheet));
      emit({ type: "sample", path });
    },
    advice: () =>
      newest
        ? `The last good checkpoint is ${newest}. Lower the learning rate, or clip the gradients harder (--set), and resume ` +
          `from ${out}; where it fails again, delete the newest checkpoint and resume from the one before it.`
        : "There is no checkpoint yet. Lower the learning rate, or clip the gradients harder, and start again.",
  };

  async function trainAll(): Promise<RunResult> {
    let ended: RunResult["status"] | "failed" = "failed";
    try {
      const { status, position, metrics } = await trainStages(stages, ranks ? ranksKeeper(ranks, keeper) : keeper, {
        ...options,
        onProgress: emit,
      });
      if (!writable) compare(status === "finished");
      ended = status;
      return { status, step: position.step, seconds: position.seconds, metrics, checkpoint: newest };
    } finally {
      log.close();
      if (writable)
        await writing(out, () => writeReport(out, rowNames)).then(
          (path) => emit({ type: "report", path }),
          (error: Error) => warn(error.message),
        );
      emit({ type: "end", status: ended });
    }
  }

  if (resume)
    await readConfig(out); // there is a folder to lock
  else await writing(out, () => makeFolder(out));
  const unlock = await writing(out, () => lockFolder(out));
  try {
    if (!resume) await beginFolder(out, config, beside);
    file = resume ? await readConfig(out) : config;
    return await trainAll();
  } finally {
    await unlock();
  }
}

/** A run as ranks other than the first see it. */
async function follow(stages: readonly MadeStage[], options: RunOptions, ranks: Ranks): Promise<RunResult> {
  const { status, position, metrics } = await trainStages(stages, ranksKeeper(ranks, null), {
    ...options,
    onProgress: () => {},
  });
  return { status, step: position.step, seconds: position.seconds, metrics, checkpoint: null };
}
