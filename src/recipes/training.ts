import { rm } from "node:fs/promises";
import { availableParallelism, cpus } from "node:os";
import { join } from "node:path";
import type { ImageDataset, TextDataset } from "../data/index.js";
import { given, type Origin } from "../data/origin.js";
import type { TextData } from "../data/tokens/sequences.js";
import type { TokenSettings } from "../data/tokens/settings.js";
import { textSequences } from "../data/tokens/text-sequences.js";
import type { Tokenizer } from "../data/tokens/tokenizer.js";
import { many } from "../io/show.js";
import { type ModelConfig, type ModelFiles, writeModel } from "../models/files.js";
import type { AnyGenerator, SampleOptions } from "../models/generator.js";
import { SNAPSHOT } from "../models/location.js";
import * as nn from "../nn/index.js";
import { type AdamOptions, constant, type Schedule, trapezoid } from "../optim/index.js";
import { type Compute, type DeviceName, resolveRuntime } from "../runtime/index.js";
import { threadsOf } from "../runtime/session.js";
import { DATA_FILE, requireSameData } from "../train/data-record.js";
import {
  type GradientStageOptions,
  type Position,
  type RunResult,
  requireTraining,
  runStages,
  type Stage,
  type TrainOptions,
} from "../train/index.js";

/** What a run's config.json holds: enough to resume it from its folder alone. */
export interface RunConfig extends Origin {
  method: string;
  name: string;
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
  ...given(readingOf(source)),
  settings,
});

/** How the data were read, without where they are. */
function readingOf(source: TrainOptions["source"]): Omit<Origin, "data"> {
  const { data: _, ...reading } = source ?? { data: "" };
  return reading;
}

/** What a recipe trains: a network, what a file will keep of it, and how. */
export interface Recipe {
  method: string;
  dataset: ImageDataset | TextDataset;
  options: TrainOptions;
  settings: unknown;
  shape: unknown;
  net: nn.Parameterized;
  /** Of models of text. */
  tokenizer?: Tokenizer;
  /** What became known of the data after they were read; kept with what was. */
  notes?: readonly string[];
}

/** A text as tokens, and what became of lines that are too long. */
export interface LearntText extends TextData {
  notes: readonly string[];
}

/** What a run computes with. */
interface Computed {
  device: DeviceName;
  /** Of the CPU. */
  threads?: number;
  processor?: string;
}

async function computedWith({ device: wanted, threads }: Compute): Promise<Computed> {
  const { device } = await resolveRuntime(wanted);
  if (device !== "cpu" && device !== "wasm") return { device };
  return {
    device,
    threads: threadsOf({ threads }) ?? availableParallelism(),
    processor: cpus()[0]?.model.trim() || "unknown",
  };
}

/**
 * A text as the tokens of a run, which is told how far they are and what became of lines that are too long; what was
 * guessed of its encoding stands in its report.
 */
export async function learntText(
  dataset: TextDataset,
  { tokens, length }: { tokens: TokenSettings; length: number },
  { onProgress }: Pick<TrainOptions, "onProgress">,
): Promise<LearntText> {
  const data = await textSequences(dataset, { tokens, length }, undefined, {
    onProgress: (report) => onProgress?.({ type: "data", report }),
  });
  const { lines = 0, long = 0, longest = 0 } = data.longLines ?? {};
  const become = dataset.longLines === "cut" ? "cut" : "left out";
  const message = `${long} of ${lines} lines have more than ${length} tokens (the longest ${longest}) and are ${become}.`;
  if (long === 0) return { ...data, notes: [] };
  onProgress?.({ type: "info", message });
  return { ...data, notes: [message] };
}

/** The description of a model: of a trained one, or (without a result) of one in training. */
export function modelConfig(
  {
    method,
    dataset,
    options: { name = dataset.id, source },
    settings,
    shape,
    tokenizer,
  }: Omit<Recipe, "net" | "notes">,
  result?: Pick<RunResult, "step" | "seconds"> & {
    computed: Computed;
    /** Of one that is not finished: the stage that it is in. */
    stage?: string;
  },
): ModelConfig {
  return {
    format: 1,
    method,
    name,
    ...(dataset.kind === "images" && {
      image: { height: dataset.height, width: dataset.width, channels: dataset.channels },
    }),
    ...(tokenizer && { text: { tokenizer: tokenizer.toJSON(), lines: dataset.kind === "text" && dataset.lines } }),
    classNames: dataset.kind === "images" ? dataset.classNames : null,
    network: shape,
    training: {
      data: source?.data ?? dataset.id,
      ...(Object.keys(given(readingOf(source))).length > 0 && { reading: given(readingOf(source)) }),
      ...(dataset.report?.path && { dataSha256: dataset.report.sha256 }),
      licence: dataset.licence,
      attribution: dataset.attribution,
      seconds: Math.round(result?.seconds ?? 0),
      steps: result?.step ?? 0,
      ...(result?.stage !== undefined && { stage: result.stage }),
      ...result?.computed,
      settings,
    },
  };
}

/**
 * Runs a recipe's stages with checkpoints and logs; where they end, writes `model/` into the run's folder, and until
 * then at each checkpoint the model as it is, `snapshot/`. `preview`
 * draws while it is trained, and is released with it. `describe` may add to the model's description.
 * @throws OptionError where an option is unknown or cannot be, before anything is written.
 */
export async function trainModel(
  recipe: Recipe,
  stages: Parameters<typeof runStages>[0],
  preview?: { release(): Promise<void> },
  describe: (files: ModelFiles) => Promise<void> = async () => {},
): Promise<RunResult> {
  const { method, dataset, options, settings, net, notes = [] } = recipe;
  try {
    requireTraining(method, options);
    const { report } = dataset;
    if (options.resume && report) await requireSameData(options.out, report);
    const computed = await computedWith(options);
    const { device, threads, processor } = computed;
    const cpu = processor ? `, ${many(threads ?? 1, "thread")} of ${processor}` : "";
    options.onProgress?.({ type: "info", message: `Training on the device "${device}"${cpu}.` });
    const snapshot = ({ stage, step, seconds }: Position) =>
      writeModel(join(options.out, SNAPSHOT), {
        config: modelConfig(recipe, { stage, step, seconds, computed }),
        weights: nn.weightsOf(net),
      });
    const result = await runStages(stages, {
      ...options,
      config: runConfig(method, dataset, options, settings),
      beside: report && { [DATA_FILE]: { ...report, notes: [...report.notes, ...notes] } },
      snapshot,
    });
    if (result.status === "finished") {
      const files = { config: modelConfig(recipe, { ...result, computed }), weights: nn.weightsOf(net) };
      await describe(files);
      await writeModel(join(options.out, "model"), files);
      await rm(join(options.out, SNAPSHOT), { recursive: true, force: true });
    }
    return result;
  } finally {
    await preview?.release();
  }
}

/**
 * Draws a sheet with a generator, that of a network in training for one: `columns` samples of each class (ten at most),
 * or eight times as many of none; of a model of text a page.
 */
export const previewer =
  (model: AnyGenerator, options: SampleOptions = {}, columns = 8): NonNullable<Stage["sample"]> =>
  async () => {
    if (model.kind === "text") {
      const { strings } = await model.sample({ count: model.lines ? 40 : 8, ...options });
      return { texts: strings };
    }
    const names = model.classNames?.slice(0, 10);
    const label = names?.flatMap((name) => new Array<string>(columns).fill(name));
    const count = label?.length ?? 8 * columns;
    const { pixels, shape } = await model.sample({ count, ...(label && { label }), ...options });
    return { pixels, shape, columns, labels: names };
  };

/**
 * Learning rate of most stages: a short warm-up, constant until the share `from` of the steps, then linear down to
 * `floor`·lr.
 */
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
 * How generators are trained: AdamW (β 0.9 and 0.95, no weight decay, gradients clipped, by default at 2) on a decaying
 * learning rate, and a weight average that pictures are drawn with and that becomes the stage's result.
 */
export const generatorTraining = (
  config: { lr: number; steps: number; emaDecay: number },
  options: Partial<AdamOptions> = {},
): Pick<GradientStageOptions, "steps" | "optimizer" | "emaDecay"> => ({
  steps: config.steps,
  optimizer: { lr: decaySchedule(config), betas: [0.9, 0.95], weightDecay: 0, clip: 2, ...options },
  emaDecay: config.emaDecay,
});
