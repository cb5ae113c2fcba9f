import type { ImageDataset } from "../data/index.js";
import type { CompileOptions } from "../runtime/index.js";
import type { RunResult } from "../train/index.js";
import { type ClassifierSettings, presets as classifierPresets } from "./classifier/config.js";
import { trainClassifier } from "./classifier/train.js";
import { type DriftingConfig, presets as driftingPresets, forData } from "./drifting/config.js";
import { DriftingModel } from "./drifting/sampler.js";
import { trainDrifting } from "./drifting/train.js";
import { type FlowConfig, forData as flowForData, presets as flowPresets } from "./flow/config.js";
import { FlowModel } from "./flow/sampler.js";
import { trainFlow } from "./flow/train.js";
import type { Images } from "./shared/images.js";
import { type ModelFiles, readModel } from "./shared/model-files.js";
import type { TrainOptions } from "./shared/training.js";

/** Options that every image model understands; a method adds its own. */
export interface CommonSampleOptions {
  count?: number;
  label?: string | number | readonly (string | number)[];
  guidance?: number;
  /** Network evaluations, for methods that take several. */
  steps?: number;
  seed?: number;
}

/** A loaded model that draws images. */
export interface ImageModel {
  readonly method: string;
  readonly config: ModelFiles["config"];
  readonly classNames: readonly string[] | null;
  sample(options?: CommonSampleOptions): Promise<Images>;
  /** Network evaluations per image for these options. */
  nfe(options?: CommonSampleOptions): number;
  /** The network as an ONNX model for a fixed batch. */
  toOnnx(batch?: number): Uint8Array;
  release(): Promise<void>;
}

interface Method<Settings> {
  summary: string;
  presets: Record<string, Settings>;
  /** A preset fitted to a data set. */
  fit?(settings: Settings, dataset: ImageDataset): Settings;
  /** Absent where the method's models draw nothing. */
  load?(files: ModelFiles, options?: CompileOptions): ImageModel;
  train(dataset: ImageDataset, settings: Settings, options: TrainOptions): Promise<RunResult>;
}

const method = <Settings extends object>({ fit = (settings) => settings, presets, ...rest }: Method<Settings>) => ({
  ...rest,
  presets,
  /** The settings of a preset for a data set. */
  settings(preset: string, dataset: ImageDataset): Settings {
    if (!(preset in presets))
      throw new Error(`There is no preset "${preset}"; choose one of ${Object.keys(presets).join(", ")}.`);
    return fit(presets[preset], dataset);
  },
});

/** The image methods by name: what the command line and `loadModel` know. */
export const methods: Record<string, ReturnType<typeof method<never>>> = {
  drifting: method<DriftingConfig>({
    summary: "one-step generation; the drift happens at training time (2602.04770)",
    presets: driftingPresets,
    fit: forData,
    load: (files, options) => new DriftingModel(files, options),
    train: trainDrifting,
  }) as never,
  flow: method<FlowConfig>({
    summary: "flow matching, the many-step baseline",
    presets: flowPresets,
    fit: flowForData,
    load: (files, options) => new FlowModel(files, options),
    train: trainFlow,
  }) as never,
  classifier: method<ClassifierSettings>({
    summary: "a classifier whose features judge samples; draws nothing",
    presets: classifierPresets as Record<string, ClassifierSettings>,
    train: trainClassifier,
  }) as never,
};

/** Loads a model by shipped name, folder (of a model or a training run) or URL. */
export async function loadModel(location: string, options?: CompileOptions): Promise<ImageModel> {
  const files = await readModel(location);
  const load = methods[files.config.method]?.load;
  if (!load)
    throw new Error(
      `${location}: a "${files.config.method}" model draws no images; ${Object.keys(methods)
        .filter((name) => methods[name].load)
        .join(" and ")} models do.`,
    );
  return load(files, options);
}
