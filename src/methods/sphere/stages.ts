import { augment } from "../../data/augment.js";
import { type ImageDataset, IndexStream, toFloat } from "../../data/index.js";
import type { FeatureNet } from "../../networks/feature-net.js";
import * as nn from "../../nn/index.js";
import { cosine, type Schedule } from "../../optim/index.js";
import { Random } from "../../random/index.js";
import { generatorTraining } from "../../recipes/schedule.js";
import { gradientStage, phase, type Stage, type TrainingCompute, trainingCompute } from "../../train/stages.js";
import type { SphereNetwork } from "./network.js";
import { inFeatures, inPyramid, sphereLoss } from "./objective.js";
import type { SphereSettings } from "./settings.js";
import { drawStrengths } from "./strengths.js";

export interface SphereStageContext extends TrainingCompute {
  dataset: ImageDataset;
  config: SphereSettings;
  /** Length of a latent, and the angle that the noise is drawn with. */
  latent: number;
  maxAngle: number;
  net: SphereNetwork;
  sample?: Stage["sample"];
}

/** Names of the encoder's parameters, which have a learning rate of their own. */
export const ENCODER = /^encode\./;

/** Linear warm-up from lr/(W + 1) at step 0 to lr at step W, then half a cosine down to lr/100. */
export const learningRate = ({ lr, steps, warmup }: { lr: number; steps: number; warmup: number }): Schedule =>
  cosine({ peak: lr, steps: Math.max(steps, warmup + 2), warmup: warmup + 1, floor: lr / 100 });

const isCropped = ({ perceptual, perceptualCrop }: SphereSettings) => perceptual === "features" && perceptualCrop;

/**
 * What training steps draw: images, one noise per image for both strengths, the corner of the crop, and the classes of
 * the four calls, hidden independently of one another.
 */
export function batches({ dataset, config, latent, maxAngle }: SphereStageContext, random: Random) {
  const { train, channels, height, width, classNames } = dataset;
  const { batch, labelDropout, flip } = config.training;
  const labelled = train.labels !== null && classNames !== null;
  const none = classNames?.length ?? 0;
  const strengths = { ...config.noise, maxAngle };
  const stream = new IndexStream(train.count, random.split("order"));
  return {
    stream,
    next() {
      const indices = stream.next(batch);
      const images = augment(toFloat(train, indices), [batch, channels, height, width], { flip }, random);
      const noise = random.normals(batch * latent);
      const corner = new Float32Array(4);
      if (isCropped(config)) corner[random.integer(4)] = 1;
      const { heavy, light } = drawStrengths(batch, strengths, random);
      const labels = () =>
        Int32Array.from(indices, (i) => (labelled && random.uniform() >= labelDropout ? train.labels![i] : none));
      return {
        ...{ images, noise, corner, heavy, light },
        ...{ encode: labels(), heavyLabel: labels(), lightLabel: labels(), again: labels() },
      };
    },
  };
}

/** Trains encoder and decoder together with the three losses. */
export function sphereStage(context: SphereStageContext, features: FeatureNet | null): Stage {
  const { dataset, config, latent, net, sample } = context;
  const { channels, height, width } = dataset;
  const { batch, clip, encoderLr } = config.training;
  const crops = isCropped(config);
  const label = { shape: [batch], dtype: "int32" as const };
  const random = new Random(config.seed, "sphere");
  const { stream, next } = batches(context, random);
  return gradientStage({
    name: "sphere",
    batch,
    parameters: nn.view(net),
    ...generatorTraining(config.training, {
      lr: learningRate(config.training),
      clip,
      groups: [{ match: ENCODER, lr: encoderLr }],
    }),
    phases: [
      phase({
        inputs: {
          images: [batch, channels, height, width],
          noise: [batch, latent],
          heavy: [batch],
          light: [batch],
          encode: label,
          heavyLabel: label,
          lightLabel: label,
          again: label,
          corner: crops && [4],
        },
        loss({ images, noise, heavy, light, encode, heavyLabel, lightLabel, again, corner }, part) {
          const labels = { encode, heavy: heavyLabel, light: lightLabel, again };
          const perceptual = features
            ? inFeatures(features, crops ? corner : undefined)
            : config.perceptual === "pyramid"
              ? inPyramid
              : null;
          const { loss, terms } = sphereLoss(net, { images, noise, heavy, light, labels }, config.weights, {
            kind: config.noise.kind,
            perceptual,
            part,
          });
          return { loss, ...terms };
        },
        split: { rows: batch, whole: ["corner"] },
        next,
      }),
    ],
    freeze: features ? nn.parameterList(features) : undefined,
    state: { random, stream },
    sample,
    ...trainingCompute(context),
  });
}
