import type { ImageDataset } from "../data/index.js";
import type { RunResult } from "../train/index.js";
import { type ClassifierSettings, presets as classifierPresets } from "./classifier/config.js";
import { trainClassifier } from "./classifier/train.js";
import { type DriftingConfig, presets as driftingPresets, forData } from "./drifting/config.js";
import { trainDrifting } from "./drifting/train.js";
import { type FlowConfig, forData as flowForData, presets as flowPresets } from "./flow/config.js";
import { trainFlow } from "./flow/train.js";
import type { TrainOptions } from "./shared/training.js";
import { type SphereConfig, forData as sphereForData, presets as spherePresets } from "./sphere/config.js";
import { trainSphere } from "./sphere/train.js";

interface Method<Settings> {
  summary: string;
  presets: Record<string, Settings>;
  /** A preset fitted to a data set. */
  fit?(settings: Settings, dataset: ImageDataset): Settings;
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
    train: trainDrifting,
  }) as never,
  sphere: method<SphereConfig>({
    summary: "a spherical autoencoder: one-step images, few-step refinement, editing (2602.15030)",
    presets: spherePresets,
    fit: sphereForData,
    train: trainSphere,
  }) as never,
  flow: method<FlowConfig>({
    summary: "flow matching, the many-step baseline",
    presets: flowPresets,
    fit: flowForData,
    train: trainFlow,
  }) as never,
  classifier: method<ClassifierSettings>({
    summary: "a classifier whose features judge samples; draws nothing",
    presets: classifierPresets as Record<string, ClassifierSettings>,
    train: trainClassifier,
  }) as never,
};

export { type CommonSampleOptions, drawsImages, type ImageModel, loadModel } from "./load.js";
