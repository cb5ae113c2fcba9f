import { type ImageDataset, toFloat } from "../../data/index.js";
import type { FeatureNet } from "../../networks/feature-net.js";
import { parameterList } from "../../nn/index.js";
import { Random } from "../../random/index.js";
import type { Latents } from "../../recipes/autoencoder.js";
import { imageDriftLoss, imageFamilies } from "../../recipes/drift/image-objective.js";
import { normalizedDriftLoss } from "../../recipes/drift/objective.js";
import { generatorTraining } from "../../recipes/training.js";
import { compile, Parameters } from "../../runtime/index.js";
import { grad } from "../../tensor/index.js";
import type { Stage } from "../../train/index.js";
import { GroupDraw } from "./groups.js";
import type { ImageGenerator } from "./network.js";
import type { DriftingConfig } from "./settings.js";

export interface DriftStageContext {
  dataset: ImageDataset;
  config: DriftingConfig;
  generator: ImageGenerator;
  threads?: number;
  sample?: Stage["sample"];
}

const logged = (values: Record<"loss" | "scale" | "power", Float32Array>): Record<string, number> => ({
  loss: values.loss[0],
  scale: values.scale[0],
  ...Object.fromEntries(Array.from(values.power, (p, i) => [`power${i}`, p])),
});

/** Latent drifting: the latent generator alone, against the standardised latent vectors of the training images. */
export function latentDriftStage(context: DriftStageContext, latents: Latents): Stage {
  const { config, generator, threads } = context;
  const { samples, groups: maxGroups, steps } = config.latentStage;
  const { latent } = config.autoencoder;
  generator.scale.value!.set(latents.deviation);
  generator.shift.value!.set(latents.mean);
  const parameters = new Parameters(generator.generator.namedParameters());
  const random = new Random(config.seed, "latent");
  const draw = new GroupDraw(context, samples, maxGroups, random);
  const { groups, unconditional } = draw;
  const program = compile(
    {
      ...draw.specs(latent, config.generator.styles.count),
      positives: [groups, samples, latent],
      others: unconditional > 0 && [1, unconditional, latent],
    },
    (inputs) => {
      const gen = generator.generator(inputs);
      const negatives =
        unconditional > 0
          ? { samples: inputs.others.broadcastTo([groups, unconditional, latent]), weights: inputs.weight }
          : undefined;
      const { loss, scale, power } = normalizedDriftLoss(gen, inputs.positives, negatives, config.drift);
      return { loss, scale, power, gradients: grad(loss, parameters) };
    },
    { threads },
  );
  const training = generatorTraining(parameters, config.latentStage, context.sample);
  return {
    name: "latent",
    steps,
    batch: groups * samples,
    state: { ...training.state, ...draw.state },
    async step() {
      const { positives, others, ...feeds } = draw.next();
      const { gradients, ...values } = await program.run({
        ...feeds,
        positives: latents.rows(positives),
        others: latents.rows(others),
      });
      const norm = training.update(gradients);
      return { ...logged(values), norm };
    },
    sample: training.sample,
    finish: () => training.finish(program),
  };
}

/** Joint drifting: latent generator and decoder together, against pixel and feature families of real images. */
export function jointDriftStage(context: DriftStageContext, features: FeatureNet): Stage {
  const { dataset, config, generator, threads } = context;
  const { train, channels, height, width } = dataset;
  const { samples, groups: maxGroups, steps } = config.jointStage;
  const { latent } = config.autoencoder;
  const parameters = new Parameters(generator.namedParameters());
  const random = new Random(config.seed, "joint");
  const draw = new GroupDraw(context, samples, maxGroups, random);
  const { groups, unconditional } = draw;
  const familiesOf = imageFamilies(features);
  const program = compile(
    {
      ...draw.specs(latent, config.generator.styles.count),
      real: [groups * samples + unconditional, channels, height, width],
    },
    (inputs) => {
      const gen = familiesOf(generator(inputs));
      const real = familiesOf(inputs.real);
      const part = (from: number, to: number) =>
        real.map(({ name, vectors }) => ({ name, vectors: vectors.slice(0, from, to) }));
      const positives = part(0, groups * samples);
      const negatives =
        unconditional > 0
          ? { families: part(groups * samples, groups * samples + unconditional), weight: inputs.weight }
          : null;
      const { loss, scale, power } = imageDriftLoss(gen, positives, negatives, groups, config.drift);
      return { loss, scale, power, gradients: grad(loss, parameters) };
    },
    { threads, freeze: parameterList(features) },
  );
  const training = generatorTraining(parameters, config.jointStage, context.sample);
  return {
    name: "joint",
    steps,
    batch: groups * samples,
    state: { ...training.state, ...draw.state },
    async step() {
      const { positives, others, ...feeds } = draw.next();
      const real = toFloat(train, [...positives, ...others]);
      const { gradients, ...values } = await program.run({ ...feeds, real });
      const norm = training.update(gradients);
      return { ...logged(values), norm };
    },
    sample: training.sample,
    finish: () => training.finish(program),
  };
}
