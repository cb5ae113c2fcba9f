import { type Augmentation, augment } from "../data/augment.js";
import { IndexStream } from "../data/batches.js";
import { type ImageDataset, toFloat } from "../data/index.js";
import { type classifier, crossEntropy, type FeatureNetConfig } from "../networks/feature-net.js";
import { drawMasks, maskedAutoencoder, maskedLoss } from "../networks/mae.js";
import * as nn from "../nn/index.js";
import { Random } from "../random/index.js";
import { gradientStage, phase, type Stage, type TrainingCompute, trainingCompute } from "../train/stages.js";
import { decaySchedule } from "./schedule.js";

export interface FeatureTraining extends TrainingCompute {
  batch: number;
  steps: number;
  lr: number;
  augmentation?: Augmentation;
  seed: number;
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
  const { batch, steps } = options;
  const random = new Random(options.seed, "features");
  const stream = new IndexStream(train.count, random.split("order"));
  return gradientStage({
    name: "features",
    steps,
    batch,
    parameters: nn.join(network),
    optimizer: { lr: decaySchedule(options, 0, 0), weightDecay: 0.01 },
    phases: [
      phase({
        inputs: { images: [batch, channels, height, width], labels: { shape: [batch], dtype: "int32" } },
        loss: ({ images, labels }) => crossEntropy(network(images), labels),
        split: { rows: batch },
        next() {
          const indices = stream.next(batch);
          return {
            images: augmented(dataset, indices, options, random),
            labels: Int32Array.from(indices, (i) => labels[i]),
          };
        },
      }),
    ],
    state: { random, stream },
    ...trainingCompute(options),
  });
}

const augmented = (
  { train, channels, height, width }: ImageDataset,
  indices: Uint32Array,
  { augmentation = {} }: FeatureTraining,
  random: Random,
): Float32Array => augment(toFloat(train, indices), [indices.length, channels, height, width], augmentation, random);

/** Trains the feature network as a masked auto-encoder, without labels. */
export function maeStage(
  dataset: ImageDataset,
  config: FeatureNetConfig,
  network: ReturnType<typeof classifier>,
  options: FeatureTraining,
): Stage {
  const { train, channels, height, width } = dataset;
  const { batch, steps } = options;
  const mae = maskedAutoencoder(config, network.features);
  const { bottom, up, head } = mae;
  nn.initialize(nn.module({ bottom, up, head }), 0);
  const random = new Random(options.seed, "mae");
  const stream = new IndexStream(train.count, random.split("order"));
  return gradientStage({
    name: "mae",
    steps,
    batch,
    parameters: nn.join(mae),
    optimizer: { lr: decaySchedule(options, 0, 0), betas: [0.9, 0.95], weightDecay: 0.01, clip: 2 },
    phases: [
      phase({
        inputs: { images: [batch, channels, height, width], masks: [batch, 1, height, width] },
        loss: ({ images, masks }) => maskedLoss(mae(images, masks), images, masks),
        split: { rows: batch },
        next: () => ({
          images: augmented(dataset, stream.next(batch), options, random),
          masks: drawMasks(random, batch, height, width),
        }),
      }),
    ],
    state: { random, stream },
    ...trainingCompute(options),
  });
}

/** Whether labels tell images apart: those of a single class teach a classifier nothing. */
export const hasClasses = ({ train, classNames }: ImageDataset): boolean =>
  train.labels !== null && classNames !== null && classNames.length > 1;

/**
 * The stages that train a feature network by `task`, from labels where they tell images apart; its images are mirrored and made
 * noisy.
 */
export function featureStages(
  dataset: ImageDataset,
  config: FeatureNetConfig,
  network: ReturnType<typeof classifier>,
  { task, ...options }: FeatureTraining & { task: "classifier" | "mae" | "mae+classifier" },
): (() => Stage)[] {
  const labelled = hasClasses(dataset);
  const training = { augmentation: { flip: true, noise: 0.4 }, ...options };
  return [
    ...(task.startsWith("mae") || !labelled ? [() => maeStage(dataset, config, network, training)] : []),
    ...(task.endsWith("classifier") && labelled ? [() => classifierStage(dataset, network, training)] : []),
  ];
}
