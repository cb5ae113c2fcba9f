import type { ImageDataset } from "../../data/index.js";
import { trainableShape } from "../../models/architecture.js";
import { type AutoencoderConfig, encoder } from "../../networks/autoencoder.js";
import { classifier, type FeatureNetConfig } from "../../networks/feature-net.js";
import * as nn from "../../nn/index.js";
import { Random } from "../../random/index.js";
import { autoencoderStage, encodeSplit } from "../../recipes/autoencoder.js";
import { featureStages } from "../../recipes/features.js";
import { modelConfig, previewer } from "../../recipes/recipe.js";
import { computeOf } from "../../runtime/index.js";
import type { TrainOptions } from "../../train/run.js";
import { parseSettings } from "../../train/settings.js";
import { type Stage, type TrainingCompute, trainingCompute } from "../../train/stages.js";
import { DriftingModel } from "./model.js";
import { generatorArchitecture, imageGenerator } from "./network.js";
import { type DriftingSettings, driftingSettings } from "./settings.js";
import type { GeneratorShape } from "./shape.js";
import { frechetDriftStage, jointDriftStage, latentDriftStage } from "./stages.js";

/** Networks' shapes for a data set. */
export function networkConfig(
  dataset: ImageDataset,
  config: DriftingSettings,
): { features: FeatureNetConfig | null; generator: GeneratorShape } {
  const { height, width, channels, classNames } = dataset;
  const { latent, encoder, hidden, decoder } = config.autoencoder;
  const autoencoder: AutoencoderConfig = { height, width, channels, latent, encoder, hidden, decoder };
  return {
    features: config.features && {
      channels,
      width: config.features.width,
      blocks: config.features.blocks,
      stemStride: config.features.stemStride,
    },
    generator: trainableShape(generatorArchitecture, {
      autoencoder,
      classes: classNames?.length ?? 0,
      ...config.generator,
      pixelNoise: config.generator.pixelNoise || undefined,
      guidance: config.guidance !== null && classNames !== null,
    }),
  };
}

/**
 * The recipe for one-step images: a feature network (where there is one), an autoencoder, drifting in its latent space,
 * then drifting of generator and decoder together in pixel and feature space, and where it is asked for post-training by the
 * Fréchet distance, which alone (with the feature network) a model that is there already needs. It needs no files: `trainDrifting` runs
 * its stages in a run's folder, a web page wherever it keeps them.
 */
export function driftingRecipe(
  dataset: ImageDataset,
  settings: DriftingSettings,
  options: TrainingCompute & Pick<TrainOptions, "name" | "source">,
) {
  const config = parseSettings(driftingSettings, settings);
  const shapes = networkConfig(dataset, config);
  const { train } = dataset;
  const { seed } = config;
  const compute = trainingCompute(options);

  const features = shapes.features && classifier(shapes.features, Math.max(dataset.classNames?.length ?? 1, 1));
  const encode = encoder(shapes.generator.autoencoder, config.autoencoder.init);
  const generator = imageGenerator(shapes.generator, config.autoencoder.init);
  for (const [label, network] of Object.entries({ features, encode, generator }))
    if (network) nn.initialize(network, new Random(seed, label).uint32());

  const shape = shapes.generator;
  const recipe = { method: "drifting", dataset, settings: config, shape, net: generator };
  const preview = new DriftingModel(modelConfig({ ...recipe, options }), shape, generator, {
    freeze: false,
    ...computeOf(options),
  });
  const context = { dataset, config, generator, ...compute, sample: previewer(preview) };
  const stages: (() => Promise<Stage> | Stage)[] =
    features && shapes.features && config.features
      ? featureStages(dataset, shapes.features, features, { ...config.features, seed, ...compute })
      : [];
  if (config.from === null)
    stages.push(
      () =>
        autoencoderStage(dataset, encode, generator.decode, features?.features ?? null, {
          ...config.autoencoder,
          seed,
          ...compute,
        }),
      async () =>
        latentDriftStage(context, await encodeSplit(train, encode, dataset, config.autoencoder.latent, compute)),
      () => jointDriftStage(context, features?.features ?? null),
    );
  if (config.frechetStage.steps > 0) stages.push(() => frechetDriftStage(context, features?.features ?? null));
  return { recipe, stages, preview, encode };
}
