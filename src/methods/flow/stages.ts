import { ClassStream, type ImageDataset, IndexStream, toFloat } from "../../data/index.js";
import type { FeatureNet } from "../../networks/feature-net.js";
import * as nn from "../../nn/index.js";
import { Random } from "../../random/index.js";
import type { Latents } from "../../recipes/autoencoder.js";
import { imageDriftLoss, imageFamilies } from "../../recipes/drift/image-objective.js";
import { generatorTraining } from "../../recipes/schedule.js";
import { compile, computeOf } from "../../runtime/index.js";
import { gradientStage, phase, type Stage, type TrainingCompute, trainingCompute } from "../../train/stages.js";
import type { FlowNetwork } from "./network.js";
import { drawTimes, flowLoss } from "./objective.js";
import { integrate } from "./sampler.js";
import type { FlowSettings } from "./settings.js";

export interface FlowStageContext extends TrainingCompute {
  dataset: ImageDataset;
  config: FlowSettings;
  net: FlowNetwork;
  sample?: Stage["sample"];
}

/** Trains the velocity field, on pixels or (given) standardised latent vectors. */
export function flowStage(context: FlowStageContext, latents: Latents | null): Stage {
  const { dataset, config, net, sample } = context;
  const { train, channels, height, width, classNames } = dataset;
  const { batch, labelDropout } = config.flow;
  const size = latents ? [config.autoencoder.latent] : [channels, height, width];
  const none = classNames?.length ?? 0;
  if (latents && net.toImages) {
    net.toImages.scale.value!.set(latents.deviation);
    net.toImages.shift.value!.set(latents.mean);
  }
  const random = new Random(config.seed, "flow");
  const stream = new IndexStream(train.count, random.split("order"));
  return gradientStage({
    name: "flow",
    batch,
    parameters: nn.view(net.velocity),
    ...generatorTraining(config.flow),
    phases: [
      phase({
        inputs: {
          data: [batch, ...size],
          noise: [batch, ...size],
          time: [batch],
          labels: { shape: [batch], dtype: "int32" },
        },
        loss: ({ data, noise, time, labels }) => flowLoss(net.velocity, data, noise, time, labels),
        next() {
          const indices = stream.next(batch);
          const data = latents ? latents.rows(indices) : toFloat(train, indices);
          const noise = random.normals(data.length);
          const time = drawTimes(random, batch);
          const labels = Int32Array.from(indices, (i) =>
            train.labels && random.uniform() >= labelDropout ? train.labels[i] : none,
          );
          return { data, noise, time, labels };
        },
      }),
    ],
    state: { random, stream },
    sample,
    ...trainingCompute(context),
  });
}

/**
 * Tunes the decoder on what the flow really draws, against real images with drifting's pixel and feature families: the
 * strongest simple rival of drifting's joint stage. Trained are the decoder and the affine map in front of it (`scale`,
 * `shift`), nothing else. Its inputs are latent vectors from `samplerSteps` Euler steps, without guidance, of the
 * flow's averaged weights; no gradient passes through them. The encoder is not used.
 */
export function decoderStage(context: FlowStageContext, features: FeatureNet): Stage {
  const { dataset, config, net, sample } = context;
  const { train, channels, height, width, classNames } = dataset;
  const { samples, groups: maxGroups, samplerSteps } = config.jointStage;
  const { latent } = config.autoencoder;
  const { toImages } = net;
  if (!toImages) throw new Error("Only a flow in latent space has a decoder to tune.");
  const labelled = train.labels !== null && classNames !== null;
  const classes = classNames?.length ?? 0;
  const random = new Random(config.seed, "decoder");
  const stream = labelled
    ? new ClassStream(train.labels!, classes, random.split("positives"), dataset.classWeights)
    : new IndexStream(train.count, random.split("positives"));
  const groups = stream instanceof ClassStream ? Math.min(maxGroups, stream.present.length) : 1;
  const count = groups * samples;
  const velocity = compile(
    { state: [count, latent], time: [count], labels: { shape: [count], dtype: "int32" } },
    ({ state, time, labels }) => ({ velocity: net.velocity(state, time, labels) }),
    { ...computeOf(context), freeze: nn.parameterList(net.velocity) },
  );
  const familiesOf = imageFamilies(features);
  return gradientStage({
    name: "decoder",
    batch: count,
    parameters: nn.join(toImages),
    ...generatorTraining(config.jointStage),
    phases: [
      phase({
        inputs: { latents: [count, latent], real: [count, channels, height, width] },
        loss: ({ latents, real }) => ({
          ...imageDriftLoss(familiesOf(toImages(latents)), familiesOf(real), null, groups, config.drift),
        }),
        async next() {
          const order = stream instanceof ClassStream ? stream.drawClasses(groups, random) : new Int32Array(1);
          const indices = stream instanceof ClassStream ? stream.next(order, samples) : stream.next(samples);
          const labels = Int32Array.from({ length: count }, (_, i) => (labelled ? order[Math.floor(i / samples)] : 0));
          const latents = await integrate(
            async (state, t) => (await velocity.run({ state, time: new Float32Array(count).fill(t), labels })).velocity,
            random.normals(count * latent),
            samplerSteps,
          );
          return { latents, real: toFloat(train, indices) };
        },
      }),
    ],
    freeze: nn.parameterList(features),
    programs: [velocity],
    state: { random, stream },
    sample,
    ...trainingCompute(context),
  });
}
