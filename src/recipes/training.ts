import type { ImageDataset, TextDataset } from "../data/index.js";
import type { ModelConfig } from "../models/files.js";
import { type AdamOptions, constant, type Schedule, trapezoid } from "../optim/index.js";
import type { GradientStageOptions, RunOptions, RunResult } from "../train/index.js";

/** How a method's training run is carried out; its settings come beside. */
export interface TrainOptions extends Omit<RunOptions, "config"> {
  /** Name the trained model carries; default the data's. */
  name?: string;
  /**
   * How the data can be found again: an id or a path, the side images are scaled to, whether lines of a text stand for themselves; recorded
   * in the run's config.json.
   */
  source?: { data: string; size?: number; lines?: boolean };
  threads?: number;
}

/** What a run's config.json holds: enough to resume it from its folder alone. */
export interface RunConfig {
  method: string;
  name: string;
  data: string;
  size?: number;
  lines?: boolean;
  settings: unknown;
}

export const runConfig = (
  method: string,
  dataset: ImageDataset | TextDataset,
  { name = dataset.id, source }: TrainOptions,
  settings: unknown,
): RunConfig => ({
  method,
  name,
  data: source?.data ?? dataset.id,
  ...(source?.size === undefined ? {} : { size: source.size }),
  ...(source?.lines === undefined ? {} : { lines: source.lines }),
  settings,
});

/** The description of a freshly trained model. */
export const modelConfig = (
  method: string,
  dataset: ImageDataset | TextDataset,
  { name = dataset.id, source }: TrainOptions,
  network: unknown,
  result: RunResult,
  settings: unknown,
): ModelConfig => ({
  format: 1,
  method,
  name,
  ...(dataset.kind === "images"
    ? {
        image: { height: dataset.height, width: dataset.width, channels: dataset.channels },
        classNames: dataset.classNames,
      }
    : { classNames: null }),
  network,
  training: {
    data: source?.data ?? dataset.id,
    licence: dataset.licence,
    attribution: dataset.attribution,
    seconds: Math.round(result.seconds),
    steps: result.step,
    settings,
  },
});

/** Learning rate of most stages: a short warm-up, constant until the share `from` of the steps, then linear down to `floor`·lr. */
export function decaySchedule({ lr, steps }: { lr: number; steps: number }, from = 0.4, floor = 0.02): Schedule {
  if (steps === 0) return constant(lr);
  const warmup = Math.min(50, Math.floor(steps / 10));
  return trapezoid({
    peak: lr,
    warmup,
    decayFrom: Math.max(warmup, Math.floor(steps * from)),
    steps,
    floor: floor * lr,
  });
}

/**
 * How generators are trained: AdamW (β 0.9 and 0.95, no weight decay, gradients clipped, by default at 2) on a decaying learning rate, and
 * a weight average that pictures are drawn with and that becomes the stage's result.
 */
export const generatorTraining = (
  config: { lr: number; steps: number; emaDecay: number },
  options: Partial<AdamOptions> = {},
): Pick<GradientStageOptions, "steps" | "optimizer" | "emaDecay"> => ({
  steps: config.steps,
  optimizer: { lr: decaySchedule(config), betas: [0.9, 0.95], weightDecay: 0, clip: 2, ...options },
  emaDecay: config.emaDecay,
});
