import type { DialogueDataset, ImageDataset, SceneDataset, TextDataset } from "../data/index.js";
import type { MotionDataset } from "../data/motion-dataset.js";
import { given, type Origin } from "../data/origin.js";
import type { Tokenizer } from "../data/tokens/tokenizer.js";
import type { ModelConfig } from "../models/files.js";
import type { ImageGenerator, SampleOptions, TextGenerator } from "../models/generator.js";
import type * as nn from "../nn/index.js";
import type { DeviceName } from "../runtime/index.js";
import type { RunResult, TrainOptions } from "../train/run.js";
import type { Stage } from "../train/stage.js";

/** What a run's config.json holds: enough to resume it from its folder alone. */
export interface RunConfig extends Origin {
  method: string;
  name: string;
  settings: unknown;
}

type TrainingData = ImageDataset | TextDataset | MotionDataset | DialogueDataset | SceneDataset;

export const runConfig = (
  method: string,
  dataset: TrainingData,
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
  dataset: TrainingData;
  options: TrainOptions;
  settings: unknown;
  shape: unknown;
  net: nn.Parameterized;
  /** Of models of text. */
  tokenizer?: Tokenizer;
  /** What became known of the data after they were read; kept with what was. */
  notes?: readonly string[];
}

/** What a run computes with. */
export interface Computed {
  device: DeviceName;
  /** Of the CPU. */
  threads?: number;
  processor?: string;
  /** Processes that trained together, where there were several. */
  ranks?: number;
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
  }: Omit<Recipe, "net" | "notes" | "options"> & { options: Pick<TrainOptions, "name" | "source"> },
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
    ...((dataset.kind === "images" || dataset.kind === "questions") && {
      image: { height: dataset.height, width: dataset.width, channels: dataset.channels },
    }),
    ...(dataset.kind === "motion" && { motion: { fps: dataset.fps } }),
    ...(dataset.kind === "dialogue" && { gesture: { fps: dataset.fps } }),
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
 * Draws a sheet with a generator, that of a network in training for one: `columns` samples of each class (ten at most),
 * or eight times as many of none; of a model of text a page. Of motions there is none yet.
 */
export const previewer =
  (model: ImageGenerator | TextGenerator, options: SampleOptions = {}, columns = 8): NonNullable<Stage["sample"]> =>
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
