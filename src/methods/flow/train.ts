import type { ImageDataset } from "../../data/index.js";
import { trainableShape } from "../../models/architecture.js";
import { encoder } from "../../networks/autoencoder.js";
import { classifier } from "../../networks/feature-net.js";
import * as nn from "../../nn/index.js";
import { Random } from "../../random/index.js";
import { autoencoderStage, encodeSplit } from "../../recipes/autoencoder.js";
import { beginWith, weightsFrom } from "../../recipes/beginning.js";
import { featureStages } from "../../recipes/features.js";
import { modelConfig, previewer } from "../../recipes/recipe.js";
import { featureStageName, type Reused, reuse } from "../../recipes/reuse.js";
import { trainModel } from "../../recipes/training.js";
import { computeOf } from "../../runtime/index.js";
import { type Stage, type TrainOptions, trainingCompute } from "../../train/index.js";
import { parseSettings } from "../../train/settings.js";
import { decoderStage } from "./decoder-stage.js";
import { frechetFlowStage } from "./frechet-stage.js";
import { FlowModel } from "./model.js";
import { type FlowNetwork, flowArchitecture, flowNetwork } from "./network.js";
import { type FlowSettings, flowSettings } from "./settings.js";
import type { FlowShape } from "./shape.js";
import { flowStage } from "./stages.js";

/**
 * Trains a flow-matching model, or by its `objective` one of few steps: on pixels; or a feature network, a perceptual
 * autoencoder and a flow in its latent space; `joint` then tunes the decoder on the flow's own samples. `autoencoderFrom`
 * takes the first two from another run, `from` the weights of a flow on pixels. What is drawn in one step may be trained
 * further by the Fréchet distance in features. Writes checkpoints, logs and `model/` into the run's folder.
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
    ...(config.objective.kind !== "flow" && { objective: config.objective.kind }),
    ...(config.objective.kind === "shortcut" && { levels: config.objective.levels }),
    autoencoder,
    classes: classNames?.length ?? 0,
    ...config.generator,
  });
  const net = flowNetwork(network);
  nn.initialize(net, new Random(seed, "flow").uint32());
  // What goes on from a run has its weights
  if (config.from !== null && !options.from) await beginFrom(config.from, network, net, classNames);
  const recipe = { method: "flow", dataset, options, settings: config, shape: network, net };
  const preview = new FlowModel(modelConfig(recipe), network, net, { freeze: false, ...computeOf(options) });
  const context = { dataset, config, shape: network, net, ...compute, sample: previewer(preview) };
  const posted = config.frechetStage.steps > 0;

  const { width: featureWidth, blocks, stemStride } = config.features;
  const featureShape = { channels, width: featureWidth, blocks, stemStride };
  const features = classifier(featureShape, Math.max(network.classes, 1));
  const encode = encoder(autoencoder);
  for (const [name, part] of Object.entries({ features, encode })) nn.initialize(part, new Random(seed, name).uint32());
  const decode = net.toImages?.decode;
  const stages: (() => Promise<Stage> | Stage)[] = [];
  if (config.autoencoderFrom !== null) {
    const data = { place: options.source?.data ?? dataset.id, report: dataset.report };
    const networks: Reused = {
      [featureStageName(config.features.task, dataset)]: { features: features.features },
      ...(decode && { autoencoder: { encode, decode } }),
    };
    const reused = reuse(config.autoencoderFrom, networks, data, "autoencoderFrom");
    if (!options.resume && !options.from) await reused.check();
    stages.push(...reused.stages);
  } else if (decode || posted)
    stages.push(...featureStages(dataset, featureShape, features, { ...config.features, seed, ...compute }));
  if (decode && config.autoencoderFrom === null)
    stages.push(() =>
      autoencoderStage(dataset, encode, decode, features.features, { ...config.autoencoder, seed, ...compute }),
    );
  // What goes on from a run decodes vectors of that run's scale, whatever images it now learns from
  const scaleOf = ({ scale, shift }: NonNullable<typeof net.toImages>) => ({
    mean: shift.value!.slice(),
    deviation: scale.value!.slice(),
  });
  stages.push(async () => {
    const given = net.toImages && options.from ? scaleOf(net.toImages) : undefined;
    return flowStage(
      context,
      decode ? await encodeSplit(dataset.train, encode, dataset, latent, compute, given) : null,
    );
  });
  if (space === "joint") stages.push(() => decoderStage(context, features.features));
  if (posted) stages.push(() => frechetFlowStage(context, features.features));
  return trainModel(recipe, stages, preview);
}

/**
 * Puts the weights of a flow on pixels into a field of the same shape, whatever either was trained by; what only this field
 * has (the second time) stays as it is.
 */
async function beginFrom(location: string, shape: FlowShape, net: FlowNetwork, classNames: readonly string[] | null) {
  beginWith(net, await weightsFrom(location, "flow", flowArchitecture, { shape, classNames }, withoutObjective));
}

const withoutObjective = ({ objective: _, levels: __, ...shape }: FlowShape): Partial<FlowShape> => shape;
