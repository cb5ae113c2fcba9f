import { ClassStream, IndexStream } from "../../data/batches.js";
import { type ImageDataset, toFloat } from "../../data/index.js";
import { parameterList } from "../../nn/index.js";
import { Random } from "../../random/index.js";
import { compile, type InputSpec, Parameters } from "../../runtime/index.js";
import { grad } from "../../tensor/index.js";
import type { Stage } from "../../train/index.js";
import type { Latents } from "../shared/autoencoder-stage.js";
import type { FeatureNet } from "../shared/feature-net.js";
import { generatorTraining } from "../shared/training.js";
import type { DriftingConfig } from "./config.js";
import { drawGuidance, guidanceWeight } from "./guidance.js";
import { imageDriftLoss, imageFamilies } from "./image-objective.js";
import type { ImageGenerator } from "./network.js";
import { normalizedDriftLoss } from "./objective.js";

export interface DriftStageContext {
  dataset: ImageDataset;
  config: DriftingConfig;
  generator: ImageGenerator;
  threads?: number;
  sample?: Stage["sample"];
}

/** Conditions of one step: B groups, each with its label, guidance strength and weight of the unconditional negatives. */
class GroupDraw {
  readonly groups: number;
  readonly unconditional: number;
  private readonly positives: ClassStream | IndexStream;
  private readonly others: IndexStream;

  constructor(
    private readonly context: DriftStageContext,
    private readonly samples: number,
    maxGroups: number,
    private readonly random: Random,
  ) {
    const { dataset, config } = context;
    const { train, classNames } = dataset;
    const labelled = train.labels !== null && classNames !== null;
    this.groups = labelled ? Math.min(maxGroups, classNames.length) : 1;
    this.unconditional = labelled && config.guidance ? config.guidance.unconditional : 0;
    this.positives = labelled
      ? new ClassStream(train.labels!, classNames.length, random.split("positives"))
      : new IndexStream(train.count, random.split("positives"));
    this.others = new IndexStream(train.count, random.split("unconditional"));
  }

  /** Specs of the graph's inputs that `feeds` fills. */
  specs(latent: number, styles: number) {
    const { groups, samples } = this;
    return {
      noise: [groups, samples, latent],
      label: { shape: [groups], dtype: "int32" as const },
      guidance: [groups],
      weight: [groups, 1],
      style: styles > 0 && { shape: [groups, samples, styles], dtype: "int32" as const },
    } satisfies Record<string, InputSpec>;
  }

  /** Draws labels, noise, styles and guidance, and the indices of real images: positives by group, then unconditional ones. */
  next() {
    const { groups, samples, unconditional, random } = this;
    const { config, dataset } = this.context;
    const { count, size } = config.generator.styles;
    const classes = dataset.classNames?.length ?? 1;
    const all = groups === classes;
    const order = all ? null : random.permutation(classes);
    const label = Int32Array.from({ length: groups }, (_, g) => (order ? order[g] : g));
    const noise = new Float32Array(groups * samples * config.autoencoder.latent);
    random.fillNormal(noise);
    const style = Int32Array.from(
      { length: groups * samples * count },
      (_, i) => (i % count) * size + random.integer(size),
    );
    const guidance = Float32Array.from({ length: groups }, () =>
      unconditional > 0 ? drawGuidance(random, config.guidance!) : 1,
    );
    const weight = guidance.map((alpha) => (unconditional > 0 ? guidanceWeight(alpha, samples, unconditional) : 0));
    const positives =
      this.positives instanceof ClassStream ? this.positives.next(label, samples) : this.positives.next(samples);
    return {
      label,
      noise,
      style,
      guidance,
      weight,
      positives,
      others: unconditional > 0 ? this.others.next(unconditional) : new Uint32Array(0),
    };
  }

  get state() {
    return { random: this.random, positives: this.positives, others: this.others };
  }
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
