import { augment } from "../../data/augment.js";
import { type ImageDataset, IndexStream, toFloat } from "../../data/index.js";
import { cornerAt } from "../../networks/crops.js";
import type { FeatureNet } from "../../networks/feature-net.js";
import * as nn from "../../nn/index.js";
import { cosine, type Schedule } from "../../optim/index.js";
import { Random } from "../../random/index.js";
import type { FrechetTerm } from "../../recipes/frechet/term.js";
import { generatorTraining } from "../../recipes/schedule.js";
import type { InputSpec } from "../../runtime/index.js";
import type { Tensor } from "../../tensor/index.js";
import type { Part } from "../../train/part.js";
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
  const strengths = { ...config.noise, maxAngle: config.noise.trainAngle ?? maxAngle };
  const stream = new IndexStream(train.count, random.split("order"));
  return {
    stream,
    next() {
      const indices = stream.next(batch);
      const images = augment(toFloat(train, indices), [batch, channels, height, width], { flip }, random);
      const noise = random.normals(batch * latent);
      const corner = isCropped(config) ? cornerAt(random.integer(4)) : new Float32Array(4);
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

/**
 * Trains encoder and decoder together with the three losses and, where `terms` are given, from a share of the steps on
 * Fréchet distances to real images.
 */
export function sphereStage(
  context: SphereStageContext,
  features: FeatureNet | null,
  terms: Readonly<Record<string, FrechetTerm>> = {},
): Stage {
  const { dataset, config, latent, net, sample } = context;
  const { channels, height, width } = dataset;
  const { batch, steps, clip, encoderLr } = config.training;
  const { weight, from, boundary } = config.matching;
  const crops = isCropped(config);
  const label = { shape: [batch], dtype: "int32" as const };
  const random = new Random(config.seed, "sphere");
  const { stream, next } = batches(context, random);
  const inputs = {
    ...{ images: [batch, channels, height, width], noise: [batch, latent], heavy: [batch], light: [batch] },
    ...{ encode: label, heavyLabel: label, lightLabel: label, again: label, corner: crops && [4] },
  };
  type Fed = Record<keyof typeof inputs, Tensor>;
  const lossOf = (fed: Fed, part?: Part, boundary: number | null = null) => {
    const { images, noise, heavy, light, encode, heavyLabel, lightLabel, again, corner } = fed;
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
      ...(boundary !== null && { boundary }),
    });
    return { loss, ...terms };
  };
  const begins = Math.round(from * steps);
  const all = Object.values(terms);
  const extra: Record<string, InputSpec | false> = Object.assign({}, ...all.map((term) => term.inputs));
  const matching = phase({
    inputs: { ...inputs, ...extra },
    loss(fed: Record<string, Tensor>, part) {
      const own = lossOf(fed as Fed, part, boundary);
      const found = Object.entries(terms).map(([name, term]) => ({ name, ...term.loss(fed) }));
      return {
        ...own,
        loss: found.reduce((sum, { loss }) => sum.add(loss.mul(weight)), own.loss),
        ...Object.fromEntries(found.flatMap(({ name, loss, vectors }) => [[name, loss], ...Object.entries(vectors)])),
      };
    },
    // Every part draws all that is compared
    split: { rows: batch, whole: ["corner", ...Object.keys(extra)] },
    async next(k) {
      const feeds = { ...next() };
      for (const term of all) Object.assign(feeds, await term.next(k - begins));
      return feeds;
    },
    observe: (values) => all.reduce((left, term) => term.observe(left), values),
  });
  const own = phase({
    until: all.length > 0 ? begins : steps,
    inputs,
    loss: (fed, part) => lossOf(fed, part),
    split: { rows: batch, whole: ["corner"] },
    next,
  });
  return gradientStage({
    name: "sphere",
    batch,
    parameters: nn.view(net),
    ...generatorTraining(config.training, {
      lr: learningRate(config.training),
      clip,
      groups: [{ match: ENCODER, lr: encoderLr }],
    }),
    phases: all.length > 0 ? [own, matching] : [own],
    freeze: features ? nn.parameterList(features) : undefined,
    state: { random, stream, ...Object.assign({}, ...all.map((term) => term.state)) },
    sample,
    ...trainingCompute(context),
  });
}
