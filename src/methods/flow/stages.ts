import { ClassStream, type ImageDataset, IndexStream, toFloat } from "../../data/index.js";
import type { FeatureNet } from "../../networks/feature-net.js";
import { parameterList } from "../../nn/index.js";
import { Random } from "../../random/index.js";
import type { Latents } from "../../recipes/autoencoder.js";
import { imageDriftLoss, imageFamilies } from "../../recipes/drift/image-objective.js";
import { generatorTraining } from "../../recipes/training.js";
import { compile, Parameters } from "../../runtime/index.js";
import { grad } from "../../tensor/index.js";
import type { Stage } from "../../train/index.js";
import type { FlowNetwork } from "./network.js";
import { drawTimes, flowLoss } from "./objective.js";
import { integrate } from "./sampler.js";
import type { FlowConfig } from "./settings.js";

export interface FlowStageContext {
  dataset: ImageDataset;
  config: FlowConfig;
  net: FlowNetwork;
  threads?: number;
  sample?: Stage["sample"];
}

/** Trains the velocity field, on pixels or (given) standardised latent vectors. */
export function flowStage({ dataset, config, net, threads, sample }: FlowStageContext, latents: Latents | null): Stage {
  const { train, channels, height, width, classNames } = dataset;
  const { batch, steps, labelDropout } = config.flow;
  const size = latents ? [config.autoencoder.latent] : [channels, height, width];
  const none = classNames?.length ?? 0;
  if (latents && net.toImages) {
    net.toImages.scale.value!.set(latents.deviation);
    net.toImages.shift.value!.set(latents.mean);
  }
  const parameters = new Parameters(net.velocity.namedParameters());
  const program = compile(
    { data: [batch, ...size], noise: [batch, ...size], time: [batch], labels: { shape: [batch], dtype: "int32" } },
    ({ data, noise, time, labels }) => {
      const loss = flowLoss(net.velocity, data, noise, time, labels);
      return { loss, gradients: grad(loss, parameters) };
    },
    { threads },
  );
  const training = generatorTraining(parameters, config.flow, sample);
  const random = new Random(config.seed, "flow");
  const stream = new IndexStream(train.count, random.split("order"));
  return {
    name: "flow",
    steps,
    batch,
    state: { ...training.state, random, stream },
    async step() {
      const indices = stream.next(batch);
      const data = latents ? latents.rows(indices) : toFloat(train, indices);
      const noise = random.normals(data.length);
      const time = drawTimes(random, batch);
      const labels = Int32Array.from(indices, (i) =>
        train.labels && random.uniform() >= labelDropout ? train.labels[i] : none,
      );
      const { loss, gradients } = await program.run({ data, noise, time, labels });
      const norm = training.update(gradients);
      return { loss: loss[0], norm };
    },
    sample: training.sample,
    finish: () => training.finish(program),
  };
}

/**
 * Tunes the decoder on what the flow really draws, against real images with drifting's pixel and feature families: the strongest
 * simple rival of drifting's joint stage. Trained are the decoder and the affine map in front of it (`scale`, `shift`), nothing else.
 * Its inputs are latent vectors from `samplerSteps` Euler steps, without guidance, of the flow's averaged weights; no gradient
 * passes through them. The encoder is not used.
 */
export function decoderStage({ dataset, config, net, threads, sample }: FlowStageContext, features: FeatureNet): Stage {
  const { train, channels, height, width, classNames } = dataset;
  const { samples, groups: maxGroups, steps, samplerSteps } = config.jointStage;
  const { latent } = config.autoencoder;
  const { toImages } = net;
  if (!toImages) throw new Error("Only a flow in latent space has a decoder to tune.");
  const labelled = train.labels !== null && classNames !== null;
  const classes = classNames?.length ?? 0;
  const groups = labelled ? Math.min(maxGroups, classes) : 1;
  const count = groups * samples;
  const parameters = new Parameters(toImages.namedParameters());
  const velocity = compile(
    { state: [count, latent], time: [count], labels: { shape: [count], dtype: "int32" } },
    ({ state, time, labels }) => ({ velocity: net.velocity(state, time, labels) }),
    { threads, freeze: parameterList(net.velocity) },
  );
  const familiesOf = imageFamilies(features);
  const program = compile(
    { latents: [count, latent], real: [count, channels, height, width] },
    ({ latents, real }) => {
      const { loss, scale, power } = imageDriftLoss(
        familiesOf(toImages(latents)),
        familiesOf(real),
        null,
        groups,
        config.drift,
      );
      return { loss, scale, power, gradients: grad(loss, parameters) };
    },
    { threads, freeze: parameterList(features) },
  );
  const training = generatorTraining(parameters, config.jointStage, sample);
  const random = new Random(config.seed, "decoder");
  const stream = labelled
    ? new ClassStream(train.labels!, classes, random.split("positives"))
    : new IndexStream(train.count, random.split("positives"));
  return {
    name: "decoder",
    steps,
    batch: count,
    state: { ...training.state, random, stream },
    async step() {
      const order =
        groups === classes
          ? Int32Array.from({ length: groups }, (_, g) => g)
          : Int32Array.from(random.permutation(Math.max(classes, 1)).slice(0, groups));
      const indices = stream instanceof ClassStream ? stream.next(order, samples) : stream.next(samples);
      const labels = Int32Array.from({ length: count }, (_, i) => (labelled ? order[Math.floor(i / samples)] : 0));
      const latents = await integrate(
        async (state, t) => (await velocity.run({ state, time: new Float32Array(count).fill(t), labels })).velocity,
        random.normals(count * latent),
        samplerSteps,
      );
      const { loss, gradients, scale } = await program.run({ latents, real: toFloat(train, indices) });
      const norm = training.update(gradients);
      return { loss: loss[0], scale: scale[0], norm };
    },
    sample: training.sample,
    finish: () => training.finish(velocity, program),
  };
}
