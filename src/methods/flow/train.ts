import type { ImageDataset } from "../../data/index.js";
import { trainableShape } from "../../models/architecture.js";
import { encoder } from "../../networks/autoencoder.js";
import { classifier } from "../../networks/feature-net.js";
import * as nn from "../../nn/index.js";
import { Random } from "../../random/index.js";
import { autoencoderStage, encodeSplit } from "../../recipes/autoencoder.js";
import { featureStages } from "../../recipes/features.js";
import { modelConfig, previewer } from "../../recipes/recipe.js";
import { featureStageName, type Reused, reuse } from "../../recipes/reuse.js";
import { trainModel } from "../../recipes/training.js";
import { computeOf } from "../../runtime/index.js";
import { type Stage, type TrainOptions, trainingCompute } from "../../train/index.js";
import { parseSettings } from "../../train/settings.js";
import { FlowModel } from "./model.js";
import { flowArchitecture, flowNetwork } from "./network.js";
import { type FlowSettings, flowSettings } from "./settings.js";
import { decoderStage, flowStage } from "./stages.js";

/**
 * Trains a flow-matching model: on pixels; or a feature network, a perceptual autoencoder and a flow in its latent
 * space; `joint` then tunes the decoder on the flow's own samples. `autoencoderFrom` takes the first two from another
 * run. Writes checkpoints, logs and
 * `model/` into the run's folder.
 */
export async function trainFlow(dataset: ImageDataset, settings: FlowSettings, options: TrainOptions) {
  const config = parseSettings(flowSettings, settings);
  const { seed, space } = config;
  const { height, width, channels, classNames } = dataset;
  const compute = trainingCompute(options);
  const { latent, encoder: encoderWidths, hidden, decoder } = config.autoencoder;
  const autoencoder = { height, width, channels, latent, encoder: encoderWidths, hidden, decoder };
  const network = trainableShape(flowArchitecture, {
    space,
    autoencoder,
    classes: classNames?.length ?? 0,
    ...config.generator,
  });
  const net = flowNetwork(network);
  nn.initialize(net, new Random(seed, "flow").uint32());
  const recipe = { method: "flow", dataset, options, settings: config, shape: network, net };
  const preview = new FlowModel(modelConfig(recipe), network, net, { freeze: false, ...computeOf(options) });
  const context = { dataset, config, net, ...compute, sample: previewer(preview) };

  const stages: (() => Promise<Stage> | Stage)[] = [];
  if (space === "pixel") stages.push(() => flowStage(context, null));
  else {
    const { width: featureWidth, blocks, stemStride } = config.features;
    const shape = { channels, width: featureWidth, blocks, stemStride };
    const features = classifier(shape, Math.max(network.classes, 1));
    const encode = encoder(autoencoder);
    for (const [name, part] of Object.entries({ features, encode }))
      nn.initialize(part, new Random(seed, name).uint32());
    const { decode } = net.toImages!;
    if (config.autoencoderFrom !== null) {
      const data = { place: options.source?.data ?? dataset.id, report: dataset.report };
      const networks: Reused = {
        [featureStageName(config.features.task, dataset)]: { features: features.features },
        autoencoder: { encode, decode },
      };
      const reused = reuse(config.autoencoderFrom, networks, data, "autoencoderFrom");
      if (!options.resume && !options.from) await reused.check();
      stages.push(...reused.stages);
    } else
      stages.push(...featureStages(dataset, shape, features, { ...config.features, seed, ...compute }), () =>
        autoencoderStage(dataset, encode, decode, features.features, { ...config.autoencoder, seed, ...compute }),
      );
    stages.push(async () => flowStage(context, await encodeSplit(dataset.train, encode, dataset, latent, compute)));
    if (space === "joint") stages.push(() => decoderStage(context, features.features));
  }
  return trainModel(recipe, stages, preview);
}
