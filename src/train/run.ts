import { join, resolve } from "node:path";
import { performance } from "node:perf_hooks";
import { setImmediate } from "node:timers/promises";
import type { Origin } from "../data/origin.js";
import { makeFolder } from "../io/atomic.js";
import { show } from "../io/show.js";
import { type Checkpoint, Checkpoints, type Position } from "./checkpoint.js";
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
import { MetricsFile } from "./metrics.js";
import { writeReport } from "./report.js";
import { dropSheets, saveSheet } from "./samples.js";
import type { ProgressEvent, Stage } from "./stage.js";
import { writeStage } from "./stage-file.js";

export interface RunOptions {
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
  /** Steps between checkpoints; default none, only `checkpointSeconds` counts. */
  checkpointEvery?: number;
  /** Seconds between checkpoints; default 60, or none where `checkpointEvery` is given. */
  checkpointSeconds?: number;
  /** Number of checkpoints kept of the present stage; default 3. */
  keep?: number;
  /** Steps between sample sheets; default 500. There is always one at the end of a stage. 0: none at all. */
  sampleEvery?: number;
  /** When it aborts, the run finishes its step, saves and returns. */
  signal?: AbortSignal;
  /** Stop like that after so many seconds of this call. */
  maxSeconds?: number;
  /** Writes what is trained as it is at a checkpoint, with averages in place. Where that fails, training goes on. */
  snapshot?(position: Position): Promise<void>;
  /** Told what happens; by default warnings go to `process.emitWarning`. */
  onProgress?(event: ProgressEvent): void;
}

/** How a method's training run is carried out; its settings come beside. */
export interface TrainOptions extends Omit<RunOptions, "config" | "beside" | "snapshot">, TrainingCompute {
  /** Name the trained model carries; default the data's. */
  name?: string;
  /** How the data can be found and read again; recorded in the run's config.json. */
  source?: Origin;
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
 * written.
 */
export async function runStages(
  stages: readonly (Stage | (() => Stage | Promise<Stage>))[],
  options: RunOptions,
): Promise<RunResult> {
  const { config, beside = {}, resume = false, checkpointEvery = 0, keep = 3, sampleEvery = 500, signal } = options;
  const { maxSeconds = Number.POSITIVE_INFINITY, free = [] } = options;
  const { checkpointSeconds = checkpointEvery > 0 ? Number.POSITIVE_INFINITY : 60 } = options;
  for (const [name, value] of Object.entries({ checkpointEvery, checkpointSeconds, sampleEvery, maxSeconds }))
    if (!(value >= 0)) throw new RunError(`${name} must be a number ≥ 0, got ${value}.`);
  for (const [name, value] of Object.entries({ checkpointEvery, sampleEvery }))
    if (!Number.isInteger(value)) throw new RunError(`${name} must be a whole number ≥ 0, got ${value}.`);
  if (typeof options.out !== "string" || options.out === "")
    throw new RunError(`out must be the path of the run's folder, got ${show(options.out)}.`);
  if (!(Number.isInteger(keep) && keep >= 1)) throw new RunError(`keep must be a whole number ≥ 1, got ${keep}.`);

  const out = resolve(options.out);
  const emit = options.onProgress ?? ((event) => event.type === "warning" && process.emitWarning(event.message));
  const warn = (message: string) => emit({ type: "warning", message });
  const checkpoints = new Checkpoints(join(out, "checkpoints"), keep, config);
  const log = new MetricsFile(join(out, "metrics.jsonl"));
  const started = performance.now();
  const elapsed = () => (performance.now() - started) / 1000;
  const interrupted = () => signal?.aborted || elapsed() > maxSeconds;
  const seconds = () => secondsBefore + elapsed();
  const rowNames: Record<string, readonly string[]> = {};
  let secondsBefore = 0;
  let position: Position = { stage: "", stageStep: 0, step: 0, seconds: 0 };
  let metrics: Record<string, number> = {};
  let newest: string | null = null;
  const names = new Set<string>();
  let writable = !resume; // a run to resume is left as it is until a checkpoint has been loaded
  let before: unknown; // configuration of the checkpoint that training goes on from
  let file: unknown; // configuration in config.json

  function compare(): void {
    for (const message of resume ? compareConfigs(out, { before, file, config, free }) : []) warn(message);
  }

  /** Makes what the folder holds of the present stage agree with the checkpoint that training goes on from. */
  async function openToWrite({ name }: Stage): Promise<void> {
    if (!resume) return;
    if (!writable) {
      compare();
      emit({ type: "info", message: `Resuming at step ${position.step}, in the stage "${position.stage}".` });
    }
    await writing(out, async () => {
      await log.truncate(name, position.step);
      await dropSheets(out, name, position.step);
      if (!writable) await removeLeftovers(out);
    });
    writable = true;
  }

  async function restore(stage: Stage): Promise<Checkpoint | null> {
    const checkpoint = await checkpoints.newest(stage.name, warn);
    if (!checkpoint) return null;
    before = checkpoint.config;
    try {
      checkpoint.restore(stage.state);
    } catch (error) {
      compareConfigs(out, { before, file, config, free }); // where a setting was changed, it is named
      throw error;
    }
    const { stageStep } = checkpoint.position;
    if (checkpoint.end && stage.steps > stageStep)
      throw new WrongRun(
        `The stage "${stage.name}" ended after ${stageStep} steps and cannot go on to ${stage.steps}; train into another folder.`,
      );
    position = { ...checkpoint.position };
    secondsBefore = position.seconds - elapsed();
    newest = checkpoint.path;
    return checkpoint;
  }

  async function save(stage: Stage, end = false): Promise<void> {
    position.seconds = seconds();
    await stage.settle?.();
    newest = await writing(out, async () => {
      const path = await checkpoints.save(position, stage.state, end);
      if (file !== config) await writeConfig(out, config, beside); // once a checkpoint knows of it
      file = config;
      return path;
    });
    emit({ type: "checkpoint", path: newest });
    const { snapshot } = options;
    if (!snapshot) return;
    const presented = stage.presented ?? ((work) => work());
    await presented(() => snapshot(position)).catch((error: Error) =>
      warn(`The model could not be written as it is at step ${position.step}: ${error.message}`),
    );
  }

  async function sample(stage: Stage): Promise<void> {
    if (!stage.sample) return;
    await stage.settle?.();
    const sheet = await stage.sample();
    if ("labels" in sheet && sheet.labels) rowNames[stage.name] = sheet.labels;
    const path = await writing(out, () => saveSheet(out, position.step, stage.name, sheet));
    emit({ type: "sample", path });
  }

  /** Trains one stage to its end; false where it was interrupted. */
  async function train(stage: Stage): Promise<boolean> {
    const { name, steps } = stage;
    const rate = new Rate(stage.batch);
    let saved = elapsed();
    await writing(out, () => writeStage(out, { stage: name, number: names.size, stages: stages.length, steps }));
    emit({ type: "stage", stage: name, steps, stageStep: position.stageStep });
    while (position.stageStep < steps) {
      if (interrupted()) {
        await save(stage);
        return false;
      }
      const began = elapsed();
      metrics = await stage.step(position.stageStep);
      await setImmediate(); // lets signals and timers in
      rate.add(elapsed() - began);
      position.stageStep++;
      position.step++;
      checkFinite(metrics, position, newest, out);
      const { stageStep, step } = position;
      const { imagesPerSecond } = rate;
      await writing(out, () =>
        log.append({
          step,
          stage: name,
          ...metrics,
          seconds: short(seconds()),
          imagesPerSecond: short(imagesPerSecond),
        }),
      );
      const eta = ((steps - stageStep) * stage.batch) / imagesPerSecond;
      emit({ type: "step", stage: name, steps, stageStep, step, metrics, imagesPerSecond, eta });
      const last = stageStep === steps;
      if (sampleEvery > 0 && (last || stageStep % sampleEvery === 0)) await sample(stage);
      if (last) break;
      if ((checkpointEvery > 0 && stageStep % checkpointEvery === 0) || elapsed() - saved > checkpointSeconds) {
        await save(stage);
        saved = elapsed();
      }
    }
    await save(stage, true);
    return true;
  }

  async function trainAll(): Promise<RunResult> {
    let status: RunResult["status"] | "failed" = "finished";
    try {
      for (const make of stages) {
        if (interrupted()) {
          status = "interrupted";
          break;
        }
        const stage = typeof make === "function" ? await make() : make;
        checkStage(stage, names);
        position = { ...position, stage: stage.name, stageStep: 0 };
        const checkpoint = resume ? await restore(stage) : null;
        if (writable || !checkpoint?.end) await openToWrite(stage);
        if (!checkpoint?.end && !(await train(stage))) {
          status = "interrupted";
          break;
        }
        await stage.finish?.();
      }
      if (!writable) compare();
    } catch (error) {
      status = "failed";
      throw error;
    } finally {
      log.close();
      if (writable)
        await writing(out, () => writeReport(out, rowNames)).then(
          (path) => emit({ type: "report", path }),
          (error: Error) => warn(error.message),
        );
      emit({ type: "end", status });
    }
    return { status, step: position.step, seconds: seconds(), metrics, checkpoint: newest };
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

const short = (value: number) => Number(value.toPrecision(6));

/** Images per second, averaged over about the last five seconds; the first step, which compiles, counts least. */
class Rate {
  private stepSeconds = 0;
  private steps = 0;

  constructor(private readonly batch: number) {}

  add(seconds: number): void {
    const weight = this.steps++ < 2 ? 1 : Math.max(1 / this.steps, Math.min(1, seconds / 5));
    this.stepSeconds += weight * (seconds - this.stepSeconds);
  }

  get imagesPerSecond(): number {
    return this.batch / this.stepSeconds;
  }
}

function checkStage({ name, steps }: Stage, names: Set<string>): void {
  if (!/^[\w-]+$/.test(name)) throw new RunError(`A stage's name has letters, digits, - and _ only, got "${name}".`);
  if (names.has(name)) throw new RunError(`Two stages are called "${name}".`);
  if (!(Number.isInteger(steps) && steps >= 0))
    throw new RunError(`The stage "${name}" needs a whole number of steps ≥ 0, got ${steps}.`);
  names.add(name);
}

function checkFinite(
  metrics: Record<string, number>,
  position: Position,
  checkpoint: string | null,
  out: string,
): void {
  const name = ["loss", "norm"].find((name) => name in metrics && !Number.isFinite(metrics[name]));
  if (!name) return;
  const { stage, stageStep, step } = position;
  throw new RunError(
    `The ${name} is ${metrics[name]} at step ${stageStep} of the stage "${stage}" (step ${step} of the run). ` +
      (checkpoint
        ? `The last good checkpoint is ${checkpoint}. Lower the learning rate, or clip the gradients harder (--set), and resume ` +
          `from ${out}; where it fails again, delete the newest checkpoint and resume from the one before it.`
        : "There is no checkpoint yet. Lower the learning rate, or clip the gradients harder, and start again."),
  );
}
