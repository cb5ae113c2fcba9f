import { rm } from "node:fs/promises";
import { availableParallelism, cpus } from "node:os";
import { join } from "node:path";
import type { TextDataset } from "../data/index.js";
import type { TextData } from "../data/tokens/sequences.js";
import type { TokenSettings } from "../data/tokens/settings.js";
import { textSequences } from "../data/tokens/text-sequences.js";
import { many } from "../io/show.js";
import { type ModelFiles, writeModel } from "../models/files.js";
import { SNAPSHOT } from "../models/location.js";
import * as nn from "../nn/index.js";
import { resolveRuntime } from "../runtime/index.js";
import { threadsOf } from "../runtime/session.js";
import { computeRecord } from "../train/compute-record.js";
import { DATA_FILE, requireSameData } from "../train/data-record.js";
import {
  type Position,
  type RunResult,
  requireTraining,
  runStages,
  type TrainingCompute,
  type TrainOptions,
} from "../train/index.js";
import { requireSameRun } from "../train/same.js";
import { continued } from "./continued.js";
import { type Computed, modelConfig, type Recipe, runConfig } from "./recipe.js";

/** A text as tokens, and what became of lines that are too long. */
export interface LearntText extends TextData {
  notes: readonly string[];
}

async function computedWith({ device: wanted, threads, ranks }: TrainingCompute): Promise<Computed> {
  const { device } = await resolveRuntime(wanted);
  const several = ranks && ranks.size > 1 && { ranks: ranks.size };
  if (device !== "cpu" && device !== "wasm") return { device, ...several };
  return {
    device,
    threads: threadsOf({ threads }) ?? availableParallelism(),
    processor: cpus()[0]?.model.trim() || "unknown",
    ...several,
  };
}

function told({ device, threads = 1, processor, ranks }: Computed): string {
  const cpu = processor ? `, ${many(threads, "thread")} of ${processor}` : "";
  return `Training on the device "${device}"${cpu}${ranks ? ` in each of ${ranks} ranks` : ""}.`;
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
  const { method, dataset, options, settings, shape, net, notes = [] } = recipe;
  try {
    requireTraining(method, options);
    const { report } = dataset;
    const { ranks } = options;
    const first = !ranks || ranks.rank === 0;
    if (ranks) await requireSameRun(ranks, { method, settings, shape, kind: dataset.kind, sha256: report?.sha256 });
    if (first && options.resume && report) await requireSameData(options.out, report);
    const computed = await computedWith(options);
    options.onProgress?.({ type: "info", message: told(computed) });
    const snapshot = ({ stage, step, seconds }: Position) =>
      writeModel(join(options.out, SNAPSHOT), {
        config: modelConfig(recipe, { stage, step, seconds, computed }),
        weights: nn.weightsOf(net),
      });
    const result = await runStages(options.from ? continued(stages, net, options.from) : stages, {
      ...options,
      config: runConfig(method, dataset, options, settings),
      beside: {
        ...computeRecord(options),
        ...(report && { [DATA_FILE]: { ...report, notes: [...report.notes, ...notes] } }),
      },
      snapshot,
    });
    if (first && result.status === "finished") {
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
