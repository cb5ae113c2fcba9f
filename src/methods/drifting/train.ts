import { join } from "node:path";
import type { ImageDataset } from "../../data/index.js";
import { trainableShape } from "../../models/architecture.js";
import { writeModel } from "../../models/files.js";
import { type AutoencoderConfig, encoder } from "../../networks/autoencoder.js";
import { classifier, type FeatureNetConfig } from "../../networks/feature-net.js";
import * as nn from "../../nn/index.js";
import { Random } from "../../random/index.js";
import { autoencoderStage, encodeSplit } from "../../recipes/autoencoder.js";
import { featureStages } from "../../recipes/features.js";
import { modelConfig, runConfig, type TrainOptions } from "../../recipes/training.js";
import { compile } from "../../runtime/index.js";
import { runStages, type Stage } from "../../train/index.js";
import { parseSettings } from "../../train/settings.js";
import { type GeneratorConfig, generatorArchitecture, imageGenerator } from "./network.js";
import { type DriftingConfig, driftingConfig } from "./settings.js";
import { jointDriftStage, latentDriftStage } from "./stages.js";

/** Networks' shapes for a data set. */
export function networkConfig(
  dataset: ImageDataset,
  config: DriftingConfig,
): { features: FeatureNetConfig; generator: GeneratorConfig } {
  const { height, width, channels, classNames } = dataset;
  const { latent, encoder, hidden, decoder } = config.autoencoder;
  const autoencoder: AutoencoderConfig = { height, width, channels, latent, encoder, hidden, decoder };
  const { width: featureWidth, blocks, stemStride } = config.features;
  return {
    features: { channels, width: featureWidth, blocks, stemStride },
    generator: trainableShape(generatorArchitecture, {
      autoencoder,
      classes: classNames?.length ?? 0,
      ...config.generator,
      guidance: config.guidance !== null && classNames !== null,
    }),
  };
}

/**
 * The three-stage recipe for one-step images: a feature network, a perceptual autoencoder, drifting in its latent space, then
 * drifting of generator and decoder together in pixel and feature space. Writes checkpoints, logs and `model/` into the run's folder.
 */
export async function trainDrifting(dataset: ImageDataset, settings: DriftingConfig, options: TrainOptions) {
  const config = parseSettings(driftingConfig, settings);
  const shapes = networkConfig(dataset, config);
  const { train } = dataset;
  const { seed } = config;
  const { threads } = options;

  const features = classifier(shapes.features, Math.max(dataset.classNames?.length ?? 1, 1));
  const encode = encoder(shapes.generator.autoencoder);
  const generator = imageGenerator(shapes.generator);
  for (const [label, network] of Object.entries({ features, encode, generator }))
    nn.initialize(network, new Random(seed, label).uint32());

  const preview = previewer(shapes.generator, generator, dataset, threads);
  const context = { dataset, config, generator, threads, sample: preview };
  const stages: (() => Promise<Stage> | Stage)[] = [
    ...featureStages(dataset, shapes.features, features, { ...config.features, seed, threads }),
    () =>
      autoencoderStage(dataset, encode, generator.decode, features.features, { ...config.autoencoder, seed, threads }),
    async () =>
      latentDriftStage(context, await encodeSplit(train, encode, dataset, config.autoencoder.latent, threads)),
    () => jointDriftStage(context, features.features),
  ];
  const result = await runStages(stages, { ...options, config: runConfig("drifting", dataset, options, config) });
  if (result.status === "finished")
    await writeModel(join(options.out, "model"), {
      config: modelConfig("drifting", dataset, options, shapes.generator, result, config),
      weights: nn.weightsOf(generator),
    });
  return result;
}

/** Draws a sheet of samples with fixed noise, all classes in turn. */
function previewer(
  shape: GeneratorConfig,
  generator: ReturnType<typeof imageGenerator>,
  dataset: ImageDataset,
  threads?: number,
): NonNullable<Stage["sample"]> {
  const { latent, height, width, channels } = shape.autoencoder;
  const groups = Math.max(1, Math.min(shape.classes, 10));
  const per = groups === 1 ? 64 : 8;
  const { count, size } = shape.styles;
  const program = compile(
    {
      noise: [groups, per, latent],
      label: { shape: [groups], dtype: "int32" },
      guidance: shape.guidance && [groups],
      style: count > 0 && { shape: [groups, per, count], dtype: "int32" },
    },
    (inputs) => ({ images: generator(inputs).clamp(-1, 1) }),
    { threads },
  );
  return async () => {
    const random = new Random(0, "preview");
    const noise = random.normals(groups * per * latent);
    const style = Int32Array.from(
      { length: groups * per * count },
      (_, i) => (i % count) * size + random.integer(size),
    );
    const { images } = await program.run({
      noise,
      style,
      label: Int32Array.from({ length: groups }, (_, i) => i),
      guidance: new Float32Array(groups).fill(1),
    });
    return {
      pixels: images,
      shape: [groups * per, channels, height, width],
      columns: per,
      labels: dataset.classNames?.slice(0, groups),
    };
  };
}
