import { join } from "node:path";
import type { ImageDataset } from "../../data/index.js";
import { trainableShape } from "../../models/architecture.js";
import { writeModel } from "../../models/files.js";
import { encoder } from "../../networks/autoencoder.js";
import { classifier } from "../../networks/feature-net.js";
import * as nn from "../../nn/index.js";
import { Random } from "../../random/index.js";
import { autoencoderStage, encodeSplit } from "../../recipes/autoencoder.js";
import { featureStages } from "../../recipes/features.js";
import { featureStageName, type Reused, reuse } from "../../recipes/reuse.js";
import { modelConfig, runConfig, type TrainOptions } from "../../recipes/training.js";
import { compile } from "../../runtime/index.js";
import { runStages, type Stage } from "../../train/index.js";
import { parseSettings } from "../../train/settings.js";
import { type FlowNetwork, type FlowNetworkConfig, flowArchitecture, flowNetwork } from "./network.js";
import { integrate } from "./sampler.js";
import { type FlowConfig, flowConfig } from "./settings.js";
import { decoderStage, flowStage } from "./stages.js";

/**
 * Trains a flow-matching model: on pixels; or a feature network, a perceptual autoencoder and a flow in its latent space; `joint` then
 * tunes the decoder on the flow's own samples. `autoencoderFrom` takes the first two from another run. Writes checkpoints, logs and
 * `model/` into the run's folder.
 */
export async function trainFlow(dataset: ImageDataset, settings: FlowConfig, options: TrainOptions) {
  const config = parseSettings(flowConfig, settings);
  const { seed, space } = config;
  const { height, width, channels, classNames } = dataset;
  const { threads } = options;
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
  const context = { dataset, config, net, threads, sample: previewer(network, net, threads) };

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
      const data = options.source?.data ?? dataset.id;
      const networks: Reused = {
        [featureStageName(config.features.task, dataset)]: { features: features.features },
        autoencoder: { encode, decode },
      };
      const reused = reuse(config.autoencoderFrom, networks, data, "autoencoderFrom");
      if (!options.resume) await reused.check();
      stages.push(...reused.stages);
    } else
      stages.push(...featureStages(dataset, shape, features, { ...config.features, seed, threads }), () =>
        autoencoderStage(dataset, encode, decode, features.features, { ...config.autoencoder, seed, threads }),
      );
    stages.push(async () => flowStage(context, await encodeSplit(dataset.train, encode, dataset, latent, threads)));
    if (space === "joint") stages.push(() => decoderStage(context, features.features));
  }
  const result = await runStages(stages, { ...options, config: runConfig("flow", dataset, options, config) });
  if (result.status === "finished")
    await writeModel(join(options.out, "model"), {
      config: modelConfig("flow", dataset, options, network, result, config),
      weights: nn.weightsOf(net),
    });
  return result;
}

/** Draws a sheet with 20 Euler steps and fixed noise, all classes in turn. */
function previewer(
  { autoencoder, classes, space }: FlowNetworkConfig,
  net: FlowNetwork,
  threads?: number,
): NonNullable<Stage["sample"]> {
  const { channels, height, width, latent } = autoencoder;
  const columns = 8;
  const count = columns * Math.max(1, Math.min(classes, 10));
  const state = space === "pixel" ? [count, channels, height, width] : [count, latent];
  const velocity = compile(
    { state, time: [count], labels: { shape: [count], dtype: "int32" } },
    ({ state, time, labels }) => ({ velocity: net.velocity(state, time, labels) }),
    { threads },
  );
  const images = net.toImages
    ? compile({ state }, ({ state }) => ({ images: net.toImages!(state) }), { threads })
    : null;
  return async () => {
    const labels = Int32Array.from({ length: count }, (_, i) => Math.floor(i / columns));
    const noise = new Random(0, "preview").normals(state.reduce((a, b) => a * b, 1));
    const end = await integrate(
      async (state, t) => (await velocity.run({ state, time: new Float32Array(count).fill(t), labels })).velocity,
      noise,
      20,
    );
    return {
      pixels: images ? (await images.run({ state: end })).images : end,
      shape: [count, channels, height, width],
      columns,
    };
  };
}
