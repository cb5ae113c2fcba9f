import type { ImageDataset } from "../../data/index.js";
import { type Schedule, trapezoid } from "../../optim/index.js";
import type { RunOptions, RunResult } from "../../train/index.js";
import type { ModelConfig } from "./model-files.js";

/** How a method's training run is carried out; its settings come beside. */
export interface TrainOptions extends Omit<RunOptions, "config"> {
  /** Name the trained model carries; default the data's. */
  name?: string;
  /** How the data can be found again: an id or a path, and the side images are scaled to; recorded in the run's config.json. */
  source?: { data: string; size?: number };
  threads?: number;
}

/** What a run's config.json holds: enough to resume it from its folder alone. */
export interface RunConfig {
  method: string;
  name: string;
  data: string;
  size?: number;
  settings: unknown;
}

export const runConfig = (
  method: string,
  dataset: ImageDataset,
  { name = dataset.id, source }: TrainOptions,
  settings: unknown,
): RunConfig => ({
  method,
  name,
  data: source?.data ?? dataset.id,
  ...(source?.size === undefined ? {} : { size: source.size }),
  settings,
});

/** The description of a freshly trained model. */
export const modelConfig = (
  method: string,
  dataset: ImageDataset,
  { name = dataset.id, source }: TrainOptions,
  network: unknown,
  result: RunResult,
  settings: unknown,
): ModelConfig => ({
  format: 1,
  method,
  name,
  image: { height: dataset.height, width: dataset.width, channels: dataset.channels },
  classNames: dataset.classNames,
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
  const warmup = Math.min(50, Math.floor(steps / 10));
  return trapezoid({
    peak: lr,
    warmup,
    decayFrom: Math.max(warmup, Math.floor(steps * from)),
    steps,
    floor: floor * lr,
  });
}
