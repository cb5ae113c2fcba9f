import { join } from "node:path";
import type { ImageDataset } from "../../data/index.js";
import { trainableShape } from "../../models/architecture.js";
import { writeModel } from "../../models/files.js";
import { classifier } from "../../networks/feature-net.js";
import * as nn from "../../nn/index.js";
import { Random } from "../../random/index.js";
import { featureStages } from "../../recipes/features.js";
import { featureStageName, reuse } from "../../recipes/reuse.js";
import { modelConfig, runConfig, type TrainOptions } from "../../recipes/training.js";
import { runStages, type Stage } from "../../train/index.js";
import { parseSettings } from "../../train/settings.js";
import { fullStrength } from "./geometry.js";
import { SphereModel } from "./model.js";
import { latentLength, type SphereNetworkConfig, sphereArchitecture, sphereNetwork } from "./network.js";
import { type SphereConfig, sphereConfig } from "./settings.js";
import { sphereStage } from "./stages.js";
import { resolveAngle } from "./strengths.js";

/** The network's shape for a data set. */
export function networkConfig(dataset: ImageDataset, { network }: SphereConfig): SphereNetworkConfig {
  const { height, width, channels, classNames } = dataset;
  return { image: { height, width, channels }, classes: classNames?.length ?? 0, body: network };
}

/**
 * Trains a Sphere Encoder: a feature network for the perceptual terms (where they are in features), then encoder and decoder. Writes
 * checkpoints, logs and `model/` into the run's folder.
 */
export async function trainSphere(dataset: ImageDataset, settings: SphereConfig, options: TrainOptions) {
  const config = parseSettings(sphereConfig, settings);
  const { seed, noise } = config;
  const { threads } = options;
  const network = networkConfig(dataset, config);
  const net = sphereNetwork(network);
  nn.initialize(net, new Random(seed, "sphere").uint32());
  const latent = latentLength(network);
  const maxAngle = resolveAngle(noise.maxAngle, dataset.train.count, latent);
  fullStrength(noise.kind, maxAngle); // throws where an angle is out of the kind's range
  const shape = trainableShape(sphereArchitecture, { ...network, noise: { kind: noise.kind, maxAngle } });

  const sample: Stage["sample"] = async () => {
    const columns = 8;
    const rows = Math.max(1, Math.min(network.classes, 10));
    const draft = {
      ...modelConfig("sphere", dataset, options, shape, { status: "finished", seconds: 0, step: 0 } as never, config),
    };
    const model = new SphereModel({ config: draft, weights: nn.weightsOf(net) }, { threads });
    const label = dataset.classNames?.slice(0, rows).flatMap((name) => new Array<string>(columns).fill(name));
    const { pixels, shape: size } = await model.sample({ count: columns * rows, label, steps: 4 });
    await model.release();
    return { pixels, shape: size, columns, labels: dataset.classNames?.slice(0, rows) };
  };

  const context = { dataset, config, latent, maxAngle, net, threads, sample };
  const stages: (() => Stage)[] = [];
  if (config.perceptual === "features") {
    const { width, blocks, stemStride } = config.features;
    const featureShape = { channels: dataset.channels, width, blocks, stemStride };
    const features = classifier(featureShape, Math.max(network.classes, 1));
    nn.initialize(features, new Random(seed, "features").uint32());
    if (config.featuresFrom !== null) {
      const data = options.source?.data ?? dataset.id;
      const networks = { [featureStageName(config.features.task, dataset)]: { features: features.features } };
      const reused = reuse(config.featuresFrom, networks, data, "featuresFrom");
      if (!options.resume) await reused.check();
      stages.push(...reused.stages);
    } else stages.push(...featureStages(dataset, featureShape, features, { ...config.features, seed, threads }));
    stages.push(() => sphereStage(context, features.features));
  } else stages.push(() => sphereStage(context, null));

  const result = await runStages(stages, { ...options, config: runConfig("sphere", dataset, options, config) });
  if (result.status === "finished")
    await writeModel(join(options.out, "model"), {
      config: modelConfig("sphere", dataset, options, shape, result, config),
      weights: nn.weightsOf(net),
    });
  return result;
}
