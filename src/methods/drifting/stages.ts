import { type ImageDataset, toFloat } from "../../data/index.js";
import { cornerAt, shiftTo } from "../../networks/crops.js";
import type { FeatureNet } from "../../networks/feature-net.js";
import * as nn from "../../nn/index.js";
import { Random } from "../../random/index.js";
import type { Latents } from "../../recipes/autoencoder.js";
import { imageDriftLoss, imageFamilies } from "../../recipes/drift/image-objective.js";
import { normalizedDriftLoss } from "../../recipes/drift/objective.js";
import { realFamilies } from "../../recipes/frechet/reference.js";
import { frechetStage } from "../../recipes/frechet/stage.js";
import { generatorTraining } from "../../recipes/schedule.js";
import { Parameters } from "../../runtime/index.js";
import { concat, type Tensor } from "../../tensor/index.js";
import { gradientStage, phase, type Stage, type TrainingCompute, trainingCompute } from "../../train/stages.js";
import { GroupDraw } from "./groups.js";
import type { GeneratorInputs, ImageGenerator } from "./network.js";
import type { DriftingSettings } from "./settings.js";
import { noiseLength } from "./shape.js";
import { type Temperatures, temperaturesOf } from "./temperatures.js";

export interface DriftStageContext extends TrainingCompute {
  dataset: ImageDataset;
  config: DriftingSettings;
  generator: ImageGenerator;
  sample?: Stage["sample"];
}

/** Numbers of noise of an image. */
const imageNoise = ({ dataset, config: { autoencoder, generator } }: DriftStageContext): number =>
  noiseLength({ autoencoder: { ...autoencoder, ...dataset }, pixelNoise: generator.pixelNoise });

/** The trained parameters of a network and, in one vector with them, of the widths of a field. */
const beside = (network: Pick<ImageGenerator, "namedParameters">, { parameters }: Temperatures) =>
  Parameters.join([...network.namedParameters(), ...Object.entries(parameters)]);

/** A generator's inputs for the independent negatives: those of the samples with other noise and styles. */
const otherSamples = ({ otherNoise, otherStyle, label, guidance }: Record<string, Tensor>): GeneratorInputs | null =>
  otherNoise ? { noise: otherNoise, label, guidance, ...(otherStyle && { style: otherStyle }) } : null;

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
  const widths = temperaturesOf(config.drift, "latent", config.latentStage.steps);
  return gradientStage({
    name: "latent",
    batch: groups * samples,
    parameters: beside(generator.generator, widths),
    ...generatorTraining(config.latentStage, { groups: widths.groups(config.latentStage.lr) }),
    phases: [
      phase({
        inputs: {
          ...draw.specs(),
          ...widths.inputs,
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
          const other = otherSamples(inputs);
          const { loss, scale, power, temperature } = normalizedDriftLoss(gen, inputs.positives, negatives, {
            ...{ floor: config.drift.floor, field: config.drift.latentField },
            ...widths.options(inputs),
            ...(other && { independent: generator.generator(other) }),
          });
          // not the forces, which are as many numbers as the samples
          return { loss, scale, power, ...(temperature && { temperature }) };
        },
        split: { rows: groups, whole: ["others", ...Object.keys(widths.inputs)] },
        next(k) {
          const { positives, others, ...feeds } = draw.next();
          return { ...feeds, ...widths.next(k), positives: latents.rows(positives), others: latents.rows(others) };
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
  const random = new Random(config.seed, "joint");
  const draw = new GroupDraw(context, samples, maxGroups, random, imageNoise(context));
  const { groups, unconditional } = draw;
  const widths = temperaturesOf(config.drift, "joint", config.jointStage.steps);
  const familiesOf = imageFamilies(features, { fine: config.drift.fine });
  return gradientStage({
    name: "joint",
    batch: groups * samples,
    parameters: beside(generator, widths),
    ...generatorTraining(config.jointStage, { groups: widths.groups(config.jointStage.lr) }),
    phases: [
      phase({
        inputs: {
          ...draw.specs(),
          ...widths.inputs,
          positives: [groups * samples, channels, height, width],
          others: unconditional > 0 && [unconditional, channels, height, width],
          corner: config.drift.shifts && [4],
        },
        loss(inputs) {
          const { positives, others, weight, label, corner } = inputs;
          const seen = (images: Tensor) => familiesOf(corner ? shiftTo(images, corner) : images);
          const gen = seen(generator(inputs));
          const real = seen(unconditional > 0 ? concat([positives, others]) : positives);
          const count = positives.shape[0];
          const cut = (from: number, to: number) =>
            real.map(({ name, vectors }) => ({ name, vectors: vectors.slice(0, from, to) }));
          const negatives = unconditional > 0 ? { families: cut(count, count + unconditional), weight } : null;
          const other = otherSamples(inputs);
          return {
            ...imageDriftLoss(gen, cut(0, count), negatives, label.shape[0], {
              floor: config.drift.floor,
              ...widths.options(inputs),
              ...(other && { independent: seen(generator(other).stopGradient()) }),
            }),
          };
        },
        split: { rows: groups, whole: ["others", "corner", ...Object.keys(widths.inputs)] },
        next(k) {
          const { positives, others, ...feeds } = draw.next();
          const images = { positives: toFloat(train, positives), others: toFloat(train, others) };
          return { ...feeds, ...widths.next(k), ...images, corner: cornerAt(k) };
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
  const draw = new GroupDraw(context, settings.samples, classes, random, imageNoise(context));
  return frechetStage({
    ...context,
    settings,
    features,
    real,
    drawing: {
      specs: draw.inputs(),
      next: () => draw.everyClass(),
      state: { random },
    },
    generate: (inputs) => generator(inputs as unknown as GeneratorInputs).clamp(-1, 1),
    parameters: nn.join(generator),
  });
}
