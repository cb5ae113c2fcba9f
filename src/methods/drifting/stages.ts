import { ClassStream, IndexStream } from "../../data/batches.js";
import { type ImageDataset, toFloat } from "../../data/index.js";
import { parameterList } from "../../nn/index.js";
import * as optim from "../../optim/index.js";
import { Random } from "../../random/index.js";
import { compile, type InputSpec, Parameters } from "../../runtime/index.js";
import { grad, type Tensor } from "../../tensor/index.js";
import type { Stage } from "../../train/index.js";
import type { Latents } from "../shared/autoencoder-stage.js";
import type { FeatureNet } from "../shared/feature-net.js";
import { decaySchedule } from "../shared/training.js";
import type { DriftingConfig } from "./config.js";
import { type Family, groupPlaces, pixelFamilies, stageFamilies } from "./families.js";
import { drawGuidance, guidanceWeight } from "./guidance.js";
import type { ImageGenerator } from "./network.js";
import { type DriftLoss, normalizedDriftLoss } from "./objective.js";

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

/** Sum of the normalised drift losses of all families, with what is worth logging of the first. */
function familiesLoss(
  gen: Family[],
  positives: Family[],
  negatives: Family[] | null,
  groups: number,
  weight: Tensor,
  drift: DriftingConfig["drift"],
) {
  const losses = gen.map(({ vectors }, i): DriftLoss => {
    const places = vectors.shape[1];
    const real = groupPlaces(positives[i].vectors, groups);
    if (!negatives) return normalizedDriftLoss(groupPlaces(vectors, groups), real, undefined, drift);
    // The pool of unconditional images is shared by the groups.
    const [n, v, s] = negatives[i].vectors.shape;
    const samples = negatives[i].vectors
      .transpose([1, 0, 2])
      .unsqueeze(0)
      .broadcastTo([groups, v, n, s])
      .reshape([groups * v, n, s]);
    const weights = weight.broadcastTo([groups, places]).reshape([groups * places, 1]);
    return normalizedDriftLoss(groupPlaces(vectors, groups), real, { samples, weights }, drift);
  });
  return { loss: losses.map((l) => l.loss).reduce((a, b) => a.add(b)), scale: losses[0].scale, power: losses[0].power };
}

const logged = (values: Record<"loss" | "scale" | "power", Float32Array>): Record<string, number> => ({
  loss: values.loss[0],
  scale: values.scale[0],
  ...Object.fromEntries(Array.from(values.power, (p, i) => [`power${i}`, p])),
});

/** Latent drifting: the latent generator alone, against the standardised latent vectors of the training images. */
export function latentDriftStage(context: DriftStageContext, latents: Latents): Stage {
  const { config, generator, threads } = context;
  const { samples, groups: maxGroups, steps, emaDecay } = config.latentStage;
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
  const optimizer = optim.adamw(parameters, {
    lr: decaySchedule(config.latentStage),
    betas: [0.9, 0.95],
    weightDecay: 0,
    clip: 2,
  });
  const average = optim.ema(parameters, { decay: emaDecay });
  const rows = (indices: ArrayLike<number>) => {
    const out = new Float32Array(indices.length * latent);
    for (let i = 0; i < indices.length; i++)
      out.set(latents.values.subarray(indices[i] * latent, (indices[i] + 1) * latent), i * latent);
    return out;
  };
  return {
    name: "latent",
    steps,
    batch: groups * samples,
    state: { parameters, optimizer, ema: average, ...draw.state },
    async step() {
      const { positives, others, ...feeds } = draw.next();
      const { gradients, ...values } = await program.run({
        ...feeds,
        positives: rows(positives),
        others: rows(others),
      });
      const { norm } = optimizer.update(gradients);
      average.update();
      return { ...logged(values), norm };
    },
    sample: context.sample && (() => average.withAverage(context.sample!)),
    async finish() {
      parameters.flat.set(average.average);
      await program.release();
    },
  };
}

/** Joint drifting: latent generator and decoder together, against pixel and feature families of real images. */
export function jointDriftStage(context: DriftStageContext, features: FeatureNet): Stage {
  const { dataset, config, generator, threads } = context;
  const { train, channels, height, width } = dataset;
  const { samples, groups: maxGroups, steps, emaDecay } = config.jointStage;
  const { latent } = config.autoencoder;
  const parameters = new Parameters(generator.namedParameters());
  const random = new Random(config.seed, "joint");
  const draw = new GroupDraw(context, samples, maxGroups, random);
  const { groups, unconditional } = draw;
  const familiesOf = (images: Tensor) => [...pixelFamilies(images), ...stageFamilies(features(images))];
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
      const negatives = unconditional > 0 ? part(groups * samples, groups * samples + unconditional) : null;
      const { loss, scale, power } = familiesLoss(gen, positives, negatives, groups, inputs.weight, config.drift);
      return { loss, scale, power, gradients: grad(loss, parameters) };
    },
    { threads, freeze: parameterList(features) },
  );
  const optimizer = optim.adamw(parameters, {
    lr: decaySchedule(config.jointStage),
    betas: [0.9, 0.95],
    weightDecay: 0,
    clip: 2,
  });
  const average = optim.ema(parameters, { decay: emaDecay });
  return {
    name: "joint",
    steps,
    batch: groups * samples,
    state: { parameters, optimizer, ema: average, ...draw.state },
    async step() {
      const { positives, others, ...feeds } = draw.next();
      const real = toFloat(train, [...positives, ...others]);
      const { gradients, ...values } = await program.run({ ...feeds, real });
      const { norm } = optimizer.update(gradients);
      average.update();
      return { ...logged(values), norm };
    },
    sample: context.sample && (() => average.withAverage(context.sample!)),
    async finish() {
      parameters.flat.set(average.average);
      await program.release();
    },
  };
}
