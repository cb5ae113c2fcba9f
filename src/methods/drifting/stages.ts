import { type ImageDataset, toFloat } from "../../data/index.js";
import type { FeatureNet } from "../../networks/feature-net.js";
import * as nn from "../../nn/index.js";
import { Random } from "../../random/index.js";
import type { Latents } from "../../recipes/autoencoder.js";
import { imageDriftLoss, imageFamilies } from "../../recipes/drift/image-objective.js";
import { normalizedDriftLoss } from "../../recipes/drift/objective.js";
import { realFamilies } from "../../recipes/frechet/reference.js";
import { frechetStage } from "../../recipes/frechet/stage.js";
import { generatorTraining } from "../../recipes/schedule.js";
import { concat } from "../../tensor/index.js";
import { gradientStage, phase, type Stage, type TrainingCompute, trainingCompute } from "../../train/stages.js";
import { GroupDraw } from "./groups.js";
import type { GeneratorInputs, ImageGenerator } from "./network.js";
import type { DriftingSettings } from "./settings.js";

export interface DriftStageContext extends TrainingCompute {
  dataset: ImageDataset;
  config: DriftingSettings;
  generator: ImageGenerator;
  sample?: Stage["sample"];
}

/** Latent drifting: the latent generator alone, against the standardised latent vectors of the training images. */
export function latentDriftStage(context: DriftStageContext, latents: Latents): Stage {
  const { config, generator } = context;
  const { samples, groups: maxGroups } = config.latentStage;
  const { latent } = config.autoencoder;
  generator.scale.value!.set(latents.deviation);
  generator.shift.value!.set(latents.mean);
  const random = new Random(config.seed, "latent");
  const draw = new GroupDraw(context, samples, maxGroups, random);
  const { groups, unconditional } = draw;
  return gradientStage({
    name: "latent",
    batch: groups * samples,
    parameters: nn.view(generator.generator),
    ...generatorTraining(config.latentStage),
    phases: [
      phase({
        inputs: {
          ...draw.specs(latent, config.generator.styles.count),
          positives: [groups, samples, latent],
          others: unconditional > 0 && [1, unconditional, latent],
        },
        loss(inputs) {
          const negatives =
            unconditional > 0
              ? {
                  samples: inputs.others.broadcastTo([inputs.label.shape[0], unconditional, latent]),
                  weights: inputs.weight,
                }
              : undefined;
          const gen = generator.generator(inputs);
          const { loss, scale, power } = normalizedDriftLoss(gen, inputs.positives, negatives, config.drift);
          return { loss, scale, power }; // not the forces, which are as many numbers as the samples
        },
        split: { rows: groups, whole: ["others"] },
        next() {
          const { positives, others, ...feeds } = draw.next();
          return { ...feeds, positives: latents.rows(positives), others: latents.rows(others) };
        },
      }),
    ],
    state: draw.state,
    sample: context.sample,
    ...trainingCompute(context),
  });
}

/**
 * Joint drifting: latent generator and decoder together, against pixel families of real images and, where there is a
 * feature network, feature families.
 */
export function jointDriftStage(context: DriftStageContext, features: FeatureNet | null): Stage {
  const { dataset, config, generator } = context;
  const { train, channels, height, width } = dataset;
  const { samples, groups: maxGroups } = config.jointStage;
  const { latent } = config.autoencoder;
  const random = new Random(config.seed, "joint");
  const draw = new GroupDraw(context, samples, maxGroups, random);
  const { groups, unconditional } = draw;
  const familiesOf = imageFamilies(features);
  return gradientStage({
    name: "joint",
    batch: groups * samples,
    parameters: nn.join(generator),
    ...generatorTraining(config.jointStage),
    phases: [
      phase({
        inputs: {
          ...draw.specs(latent, config.generator.styles.count),
          positives: [groups * samples, channels, height, width],
          others: unconditional > 0 && [unconditional, channels, height, width],
        },
        loss(inputs) {
          const gen = familiesOf(generator(inputs));
          const { positives, others, weight, label } = inputs;
          const real = familiesOf(unconditional > 0 ? concat([positives, others]) : positives);
          const count = positives.shape[0];
          const cut = (from: number, to: number) =>
            real.map(({ name, vectors }) => ({ name, vectors: vectors.slice(0, from, to) }));
          const negatives = unconditional > 0 ? { families: cut(count, count + unconditional), weight } : null;
          return { ...imageDriftLoss(gen, cut(0, count), negatives, label.shape[0], config.drift) };
        },
        split: { rows: groups, whole: ["others"] },
        next() {
          const { positives, others, ...feeds } = draw.next();
          return { ...feeds, positives: toFloat(train, positives), others: toFloat(train, others) };
        },
      }),
    ],
    freeze: features ? nn.parameterList(features) : [],
    state: draw.state,
    sample: context.sample,
    ...trainingCompute(context),
  });
}

/** Post-training of latent generator and decoder together by the Fréchet distance, every class alike, at a guidance of 1. */
export async function frechetDriftStage(context: DriftStageContext, features: FeatureNet | null): Promise<Stage> {
  const { dataset, config, generator } = context;
  const settings = config.frechetStage;
  const real = await realFamilies(dataset, features, context);
  const { classes } = real[0].moments;
  const random = new Random(config.seed, "frechet");
  const draw = new GroupDraw(context, settings.samples, classes, random);
  return frechetStage({
    ...context,
    settings,
    features,
    real,
    drawing: {
      specs: draw.inputs(config.autoencoder.latent, config.generator.styles.count),
      next: () => draw.everyClass(),
      state: { random },
    },
    generate: (inputs) => generator(inputs as unknown as GeneratorInputs).clamp(-1, 1),
    parameters: nn.join(generator),
  });
}
