import { z } from "zod";
import { type Augmentation, augment } from "../data/augment.js";
import { IndexStream } from "../data/batches.js";
import { type ImageDataset, toFloat } from "../data/index.js";
import { type classifier, crossEntropy, type FeatureNetConfig } from "../networks/feature-net.js";
import { drawMasks, maskedAutoencoder, maskedLoss } from "../networks/mae.js";
import * as optim from "../optim/index.js";
import { Random } from "../random/index.js";
import { compile, Parameters } from "../runtime/index.js";
import { grad } from "../tensor/index.js";
import type { Stage } from "../train/index.js";
import { count, positive, size } from "../train/settings.js";
import { decaySchedule } from "./training.js";

/** Settings of a feature network and its training, for a method's schema. */
export const featureSettings = z.object({
  /** How it learns: from labels, by masked auto-encoding, or both in that order. */
  task: z.enum(["classifier", "mae", "mae+classifier"]),
  width: size,
  blocks: z.array(size).min(1),
  stemStride: z.union([z.literal(1), z.literal(2)]),
  batch: size,
  steps: count,
  lr: positive,
});
export type FeatureSettings = z.infer<typeof featureSettings>;

export interface FeatureTraining {
  batch: number;
  steps: number;
  lr: number;
  augmentation?: Augmentation;
  seed: number;
  threads?: number;
}

/** Trains a classifier of the data's labels; its stages become the feature space. */
export function classifierStage(
  dataset: ImageDataset,
  network: ReturnType<typeof classifier>,
  options: FeatureTraining,
): Stage {
  const { train, channels, height, width } = dataset;
  if (!train.labels) throw new Error("A classifier needs labels; use masked auto-encoding for unlabelled images.");
  const labels = train.labels;
  const { batch } = options;
  const parameters = new Parameters(network.namedParameters());
  const program = compile(
    { images: [batch, channels, height, width], labels: { shape: [batch], dtype: "int32" } },
    ({ images, labels }) => {
      const loss = crossEntropy(network(images), labels);
      return { loss, gradients: grad(loss, parameters) };
    },
    { threads: options.threads },
  );
  const optimizer = optim.adamw(parameters, { lr: decaySchedule(options, 0, 0), weightDecay: 0.01 });
  const random = new Random(options.seed, "features");
  const stream = new IndexStream(train.count, random.split("order"));
  return {
    name: "features",
    steps: options.steps,
    batch,
    state: { parameters, optimizer, random, stream },
    async step() {
      const indices = stream.next(batch);
      const images = augment(
        toFloat(train, indices),
        [batch, channels, height, width],
        options.augmentation ?? {},
        random,
      );
      const { loss, gradients } = await program.run({ images, labels: Int32Array.from(indices, (i) => labels[i]) });
      return { loss: loss[0], norm: optimizer.update(gradients).norm };
    },
    finish: () => program.release(),
  };
}

/** Trains the feature network as a masked auto-encoder, without labels. */
export function maeStage(
  dataset: ImageDataset,
  config: FeatureNetConfig,
  network: ReturnType<typeof classifier>,
  options: FeatureTraining,
): Stage {
  const { train, channels, height, width } = dataset;
  const { batch } = options;
  const mae = maskedAutoencoder(config, network.features);
  const parameters = new Parameters(mae.namedParameters());
  const program = compile(
    { images: [batch, channels, height, width], masks: [batch, 1, height, width] },
    ({ images, masks }) => {
      const loss = maskedLoss(mae(images, masks), images, masks);
      return { loss, gradients: grad(loss, parameters) };
    },
    { threads: options.threads },
  );
  const optimizer = optim.adamw(parameters, {
    lr: decaySchedule(options, 0, 0),
    betas: [0.9, 0.95],
    weightDecay: 0.01,
    clip: 2,
  });
  const random = new Random(options.seed, "mae");
  const stream = new IndexStream(train.count, random.split("order"));
  return {
    name: "mae",
    steps: options.steps,
    batch,
    state: { parameters, optimizer, random, stream },
    async step() {
      const images = augment(
        toFloat(train, stream.next(batch)),
        [batch, channels, height, width],
        options.augmentation ?? {},
        random,
      );
      const { loss, gradients } = await program.run({ images, masks: drawMasks(random, batch, height, width) });
      return { loss: loss[0], norm: optimizer.update(gradients).norm };
    },
    finish: () => program.release(),
  };
}

/** The stages that train a feature network by `task`, from labels where there are any; its images are mirrored and made noisy. */
export function featureStages(
  dataset: ImageDataset,
  config: FeatureNetConfig,
  network: ReturnType<typeof classifier>,
  { task, ...options }: FeatureTraining & { task: "classifier" | "mae" | "mae+classifier" },
): (() => Stage)[] {
  const labelled = dataset.train.labels !== null && dataset.classNames !== null;
  const training = { augmentation: { flip: true, noise: 0.4 }, ...options };
  return [
    ...(task.startsWith("mae") || !labelled ? [() => maeStage(dataset, config, network, training)] : []),
    ...(task.endsWith("classifier") && labelled ? [() => classifierStage(dataset, network, training)] : []),
  ];
}
