import type { Ranks } from "../runtime/ranks.js";
import { turn } from "../runtime/turn.js";
import { RunError } from "./run-error.js";
import { COMPARED, requireSameState } from "./same.js";
import type { Position, ProgressEvent, SampleSheet, Stage } from "./stage.js";

/** A stage, or how it is made when the one before it is finished, so that it can build on its result. */
export type MadeStage = Stage | (() => Stage | Promise<Stage>);

/** Where a run keeps what it must not lose: a folder, or a web page's storage. */
export interface Keeper {
  /** Puts a stage back to where it was kept; null where nothing of it is. `end`: it is finished. */
  restore(stage: Stage): Promise<{ position: Position; end: boolean } | null>;
  /** Called before the steps of a stage that is not finished, the `number`-th of the run. */
  open?(stage: Stage, number: number, position: Position): Promise<void>;
  save(stage: Stage, position: Position, end: boolean): Promise<void>;
  /** What a training step returned. */
  log?(row: { step: number; stage: string; seconds: number; imagesPerSecond: number }): Promise<void>;
  sheet?(stage: Stage, sheet: SampleSheet, position: Position): Promise<void>;
  /** What can be done where a loss or a gradient is not finite, as sentences. */
  advice(): string;
}

export interface LoopOptions {
  /** Steps between saves; default none, only `checkpointSeconds` counts. */
  checkpointEvery?: number;
  /** Seconds between saves; default 60, or none where `checkpointEvery` is given. */
  checkpointSeconds?: number;
  /** Steps between sample sheets; default 500. There is always one at the end of a stage. 0: none at all. */
  sampleEvery?: number;
  /** When it aborts, the run finishes its step, saves and returns. */
  signal?: AbortSignal;
  /** Stop like that after so many seconds of this call. */
  maxSeconds?: number;
  /** The processes that train together: they stop and save at the same steps, and hold the same. */
  ranks?: Ranks;
  /** Told what happens. */
  onProgress?(event: ProgressEvent): void;
}

export interface LoopResult {
  /** "interrupted": stopped by the signal or `maxSeconds`, saved, to be resumed. */
  status: "finished" | "interrupted";
  position: Position;
  /** What the last step returned. */
  metrics: Record<string, number>;
}

/** Checks the numbers of `LoopOptions`. @throws RunError */
export function requireLoop(options: LoopOptions): void {
  const { checkpointEvery = 0, checkpointSeconds = 60, sampleEvery = 500, maxSeconds = 0 } = options;
  for (const [name, value] of Object.entries({ checkpointEvery, checkpointSeconds, sampleEvery, maxSeconds }))
    if (!(value >= 0)) throw new RunError(`${name} must be a number ≥ 0, got ${value}.`);
  for (const [name, value] of Object.entries({ checkpointEvery, sampleEvery }))
    if (!Number.isInteger(value)) throw new RunError(`${name} must be a whole number ≥ 0, got ${value}.`);
}

/**
 * Trains the stages one after the other. The state is kept at intervals, at the end of each stage and on interruption;
 * a run whose `keeper` restores it gives bit-identical weights on a CPU with as many threads. Throws `RunError` where
 * the loss is not finite, and what the keeper throws.
 */
export async function trainStages(
  stages: readonly MadeStage[],
  keeper: Keeper,
  options: LoopOptions = {},
): Promise<LoopResult> {
  requireLoop(options);
  const { checkpointEvery = 0, sampleEvery = 500, signal, maxSeconds = Number.POSITIVE_INFINITY, ranks } = options;
  const { checkpointSeconds = checkpointEvery > 0 ? Number.POSITIVE_INFINITY : 60 } = options;
  const emit = options.onProgress ?? (() => {});
  const started = performance.now();
  const elapsed = () => (performance.now() - started) / 1000;
  const interrupted = () => signal?.aborted === true || elapsed() > maxSeconds;
  const anywhere = (...flags: boolean[]) => (ranks ? inAnyRank(ranks, flags) : flags);
  const names = new Set<string>();
  let secondsBefore = 0;
  let position: Position = { stage: "", stageStep: 0, step: 0, seconds: 0 };
  let metrics: Record<string, number> = {};
  const seconds = () => secondsBefore + elapsed();
  const result = (status: LoopResult["status"]) => ({
    status,
    position: { ...position, seconds: seconds() },
    metrics,
  });

  async function save(stage: Stage, end = false): Promise<void> {
    position.seconds = seconds();
    await (ranks ? same(ranks, stage) : stage.settle?.());
    await keeper.save(stage, { ...position }, end);
  }

  async function sample(stage: Stage): Promise<void> {
    if (!stage.sample || !(keeper.sheet || ranks)) return;
    await stage.settle?.(); // in every rank, of which one has a keeper
    await keeper.sheet?.(stage, await stage.sample(), { ...position });
  }

  async function same(ranks: Ranks, stage: Stage): Promise<void> {
    await stage.settle?.();
    await requireSameState(ranks, stage.state, `After step ${position.stageStep} of the stage "${stage.name}"`);
  }

  /** Trains one stage to its end; false where it was interrupted. */
  async function train(stage: Stage): Promise<boolean> {
    const { name, steps } = stage;
    const rate = new Rate(stage.batch);
    let saved = elapsed();
    const first = position.stageStep;
    emit({ type: "stage", stage: name, steps, stageStep: first });
    const undivided = ranks && stage.undivided?.(ranks.size);
    if (undivided) emit({ type: "warning", message: undivided });
    while (position.stageStep < steps && !stage.done?.()) {
      const old = position.stageStep > first && elapsed() - saved > checkpointSeconds;
      const [stop, due] = await anywhere(interrupted(), old);
      if (stop || due) await save(stage);
      if (stop) return false;
      if (due) saved = elapsed();
      const began = elapsed();
      metrics = await stage.step(position.stageStep);
      await turn(); // lets signals, messages and timers in
      rate.add(elapsed() - began);
      position.stageStep++;
      position.step++;
      checkFinite(metrics, position, keeper);
      const { stageStep, step } = position;
      const { imagesPerSecond } = rate;
      await keeper.log?.({
        step,
        stage: name,
        ...metrics,
        seconds: short(seconds()),
        imagesPerSecond: short(imagesPerSecond),
      });
      const eta = ((steps - stageStep) * stage.batch) / imagesPerSecond;
      emit({ type: "step", stage: name, steps, stageStep, step, metrics, imagesPerSecond, eta });
      const last = stageStep === steps || stage.done?.() === true;
      if (sampleEvery > 0 && (last || stageStep % sampleEvery === 0)) await sample(stage);
      if (last) break;
      if (checkpointEvery > 0 && stageStep % checkpointEvery === 0) {
        await save(stage);
        saved = elapsed();
      } else if (ranks && stageStep % COMPARED === 0) {
        await stage.settle?.();
        await same(ranks, stage);
      }
    }
    await save(stage, true);
    return true;
  }

  for (const make of stages) {
    if ((await anywhere(interrupted()))[0]) return result("interrupted");
    const stage = typeof make === "function" ? await make() : make;
    checkStage(stage, names);
    position = { ...position, stage: stage.name, stageStep: 0 };
    const kept = await keeper.restore(stage);
    if (kept) {
      position = { ...kept.position };
      secondsBefore = position.seconds - elapsed();
    }
    if (!kept?.end) {
      await keeper.open?.(stage, names.size, { ...position });
      if (!(await train(stage))) return result("interrupted");
    }
    await stage.finish?.();
  }
  return result("finished");
}

/** Which of some flags are set in any rank. */
async function inAnyRank(ranks: Ranks, flags: readonly boolean[]): Promise<boolean[]> {
  const numbers = Float64Array.from(flags, Number);
  await ranks.max(numbers);
  return Array.from(numbers, (number) => number > 0);
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

function checkFinite(metrics: Record<string, number>, position: Position, keeper: Keeper): void {
  const name = ["loss", "norm"].find((name) => name in metrics && !Number.isFinite(metrics[name]));
  if (!name) return;
  const { stage, stageStep, step } = position;
  throw new RunError(
    `The ${name} is ${metrics[name]} at step ${stageStep} of the stage "${stage}" (step ${step} of the run). ${keeper.advice()}`,
  );
}
