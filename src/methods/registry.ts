import type { ImageDataset, TextDataset } from "../data/index.js";
import { type ClassifierSettings, presets as classifierPresets } from "../judges/classifier/settings.js";
import { trainClassifier } from "../judges/classifier/train.js";
import { type LanguageModelConfig, presets as languageModelPresets } from "../judges/language-model/settings.js";
import { trainLanguageModel } from "../judges/language-model/train.js";
import type { TrainOptions } from "../recipes/training.js";
import type { RunResult } from "../train/index.js";
import { type DiscreteConfig, presets as discretePresets } from "./discrete/settings.js";
import { trainDiscrete } from "./discrete/train.js";
import { type DriftingConfig, presets as driftingPresets, forData } from "./drifting/settings.js";
import { trainDrifting } from "./drifting/train.js";
import { type FlowConfig, forData as flowForData, presets as flowPresets } from "./flow/settings.js";
import { trainFlow } from "./flow/train.js";
import { type SphereConfig, forData as sphereForData, presets as spherePresets } from "./sphere/settings.js";
import { trainSphere } from "./sphere/train.js";

interface Method<Settings, Dataset> {
  summary: string;
  /** Kinds of data that it learns from. */
  kinds: readonly ("images" | "text")[];
  presets: Record<string, Settings>;
  /** A preset fitted to a data set. */
  fit?(settings: Settings, dataset: Dataset): Settings;
  train(dataset: Dataset, settings: Settings, options: TrainOptions): Promise<RunResult>;
}

const method = <Settings extends object, Dataset = ImageDataset>({
  fit = (settings) => settings,
  presets,
  ...rest
}: Method<Settings, Dataset>) => ({
  ...rest,
  presets,
  /** The settings of a preset for a data set. */
  settings(preset: string, dataset: Dataset): Settings {
    if (!(preset in presets))
      throw new Error(`There is no preset "${preset}"; choose one of ${Object.keys(presets).join(", ")}.`);
    return fit(presets[preset], dataset);
  },
});

const images = ["images"] as const;

/** The methods by name: what the command line and `loadModel` know. */
export const methods: Record<string, ReturnType<typeof method<never, never>>> = {
  drifting: method<DriftingConfig>({
    summary: "one-step generation; the drift happens at training time (2602.04770)",
    kinds: images,
    presets: driftingPresets,
    fit: forData,
    train: trainDrifting,
  }) as never,
  sphere: method<SphereConfig>({
    summary: "a spherical autoencoder: one-step images, few-step refinement, editing (2602.15030)",
    kinds: images,
    presets: spherePresets,
    fit: sphereForData,
    train: trainSphere,
  }) as never,
  discrete: method<DiscreteConfig, ImageDataset | TextDataset>({
    summary: "discrete diffusion of text and pixels: Duo and MDLM with Ψ-samplers (2506.10892, 2602.21185)",
    kinds: ["text", "images"],
    presets: discretePresets,
    train: trainDiscrete,
  }) as never,
  flow: method<FlowConfig>({
    summary: "flow matching, the many-step baseline",
    kinds: images,
    presets: flowPresets,
    fit: flowForData,
    train: trainFlow,
  }) as never,
  "language-model": method<LanguageModelConfig, TextDataset>({
    summary: "an autoregressive transformer that judges samples of text; draws nothing",
    kinds: ["text"],
    presets: languageModelPresets as Record<string, LanguageModelConfig>,
    train: trainLanguageModel,
  }) as never,
  classifier: method<ClassifierSettings>({
    summary: "a classifier whose features judge samples; draws nothing",
    kinds: images,
    presets: classifierPresets as Record<string, ClassifierSettings>,
    train: trainClassifier,
  }) as never,
};

export {
  type AnyModel,
  type CommonSampleOptions,
  draws,
  type ImageModel,
  loadAnyModel,
  loadModel,
  loadTextModel,
} from "./load.js";
