import type { ImageDataset } from "../../data/index.js";
import { trainableShape } from "../../models/architecture.js";
import { classifier, type FeatureNet } from "../../networks/feature-net.js";
import * as nn from "../../nn/index.js";
import { Random } from "../../random/index.js";
import { weightsFrom } from "../../recipes/beginning.js";
import { featureStages } from "../../recipes/features.js";
import { modelConfig, previewer } from "../../recipes/recipe.js";
import { featureStageName, reuse } from "../../recipes/reuse.js";
import { trainModel } from "../../recipes/training.js";
import { computeOf } from "../../runtime/index.js";
import { type Stage, type TrainOptions, trainingCompute } from "../../train/index.js";
import { parseSettings } from "../../train/settings.js";
import { frechetSphereStage, matchingTerms } from "./frechet.js";
import { fullStrength } from "./geometry.js";
import { SphereModel } from "./model.js";
import { sphereArchitecture, sphereNetwork } from "./network.js";
import { type SphereSettings, sphereSettings } from "./settings.js";
import { latentLength, type SphereNetworkConfig } from "./shape.js";
import { sphereStage } from "./stages.js";
import { resolveAngle } from "./strengths.js";

/** The network's shape for a data set. */
export function networkConfig(
  { height, width, channels, classNames }: ImageDataset,
  { network, sampleAngle }: SphereSettings,
): SphereNetworkConfig {
  const told = sampleAngle !== null && { sampleAngle };
  return { image: { height, width, channels }, classes: classNames?.length ?? 0, body: network, ...told };
}

/**
 * Trains a Sphere Encoder: a feature network for the perceptual terms (where they are in features), then encoder and
 * decoder, and where it is asked for post-training by the Fréchet distance, which alone (with the feature network) a model
 * needs that `settings.from` names. Writes checkpoints, logs and `model/` into the run's folder.
 */
export async function trainSphere(dataset: ImageDataset, settings: SphereSettings, options: TrainOptions) {
  const config = parseSettings(sphereSettings, settings);
  const { seed, noise } = config;
  const { classNames } = dataset;
  const compute = trainingCompute(options);
  const network = networkConfig(dataset, config);
  const net = sphereNetwork(network);
  nn.initialize(net, new Random(seed, "sphere").uint32());
  const latent = latentLength(network);
  const maxAngle = resolveAngle(noise.maxAngle, dataset.train.count, latent);
  fullStrength(noise.kind, maxAngle); // throws where an angle is out of the kind's range
  const shape = trainableShape(sphereArchitecture, { ...network, noise: { kind: noise.kind, maxAngle } });

  const recipe = { method: "sphere", dataset, options, settings: config, shape, net };
  const preview = new SphereModel(modelConfig(recipe), shape, net, { freeze: false, ...computeOf(options) });
  const context = { dataset, config, latent, maxAngle, net, ...compute, sample: previewer(preview) };
  if (config.from !== null && !options.from)
    // what goes on from a run has its weights
    nn.assign(net, await weightsFrom(config.from, "sphere", sphereArchitecture, { shape, classNames }));
  const stages: (() => Stage | Promise<Stage>)[] = [];
  let seen: FeatureNet | null = null;
  if (config.perceptual === "features") {
    const { width, blocks, stemStride } = config.features;
    const featureShape = { channels: dataset.channels, width, blocks, stemStride };
    const features = classifier(featureShape, Math.max(network.classes, 1));
    nn.initialize(features, new Random(seed, "features").uint32());
    if (config.featuresFrom !== null) {
      const data = { place: options.source?.data ?? dataset.id, report: dataset.report };
      const networks = { [featureStageName(config.features.task, dataset)]: { features: features.features } };
      const reused = reuse(config.featuresFrom, networks, data, "featuresFrom");
      if (!options.resume && !options.from) await reused.check();
      stages.push(...reused.stages);
    } else stages.push(...featureStages(dataset, featureShape, features, { ...config.features, seed, ...compute }));
    seen = features.features;
  }
  const matches = config.matching.weight > 0;
  if (config.from === null)
    stages.push(async () => sphereStage(context, seen, matches ? await matchingTerms(context, seen) : {}));
  if (config.frechetStage.steps > 0) stages.push(() => frechetSphereStage(context, seen));

  return trainModel(recipe, stages, preview);
}
