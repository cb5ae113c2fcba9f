import { compile, grad, optim, type Parameters, Random, type Tensor } from "../src/core.js";
import {
  type GeneratorInputs,
  imageGenerator,
  pixelFamilies,
  presets,
  stageFamilies,
} from "../src/methods/drifting/index.js";
import { networkConfig } from "../src/methods/drifting/recipe.js";
import { jointDriftStage, latentDriftStage } from "../src/methods/drifting/stages.js";
import { classifier } from "../src/networks/feature-net.js";
import * as nn from "../src/nn/index.js";
import { noiseImages } from "./noise-images.js";
import { type BenchOptions, interleave, load, machine, round, type Times, table, timed } from "./report.js";

const STEPS = 2;
const CLASSES = 10;

const meanSquares = (tensors: readonly Tensor[]) => tensors.map((t) => t.square().mean()).reduce((a, b) => a.add(b));

/**
 * Times the steps of the preset `tiny` beside steps of the same networks, with the same batch and optimiser, whose loss
 * is trivial (a mean square): what remains is the drift loss.
 */
export async function run({ threads, rounds, note }: BenchOptions) {
  const loadBefore = load();
  const config = presets.tiny;
  const dataset = noiseImages(2000);
  const shapes = networkConfig(dataset, config);
  const { features } = classifier(shapes.features!, CLASSES);
  const generator = imageGenerator(shapes.generator);
  for (const network of [features, generator]) nn.view(network);
  const { latent } = config.autoencoder;
  const { count, size } = config.generator.styles;
  const random = new Random(1);

  /** A generator's inputs of one step and their values. */
  const feedsFor = (samples: number) => {
    const int32 = "int32" as const;
    return {
      specs: {
        noise: [CLASSES, samples, latent],
        label: { shape: [CLASSES], dtype: int32 },
        guidance: [CLASSES],
        style: { shape: [CLASSES, samples, count], dtype: int32 },
      },
      values: {
        noise: random.normals(CLASSES * samples * latent),
        label: Int32Array.from({ length: CLASSES }, (_, i) => i),
        guidance: new Float32Array(CLASSES).fill(1.5),
        style: Int32Array.from(
          { length: CLASSES * samples * count },
          (_, i) => (i % count) * size + random.integer(size),
        ),
      },
    };
  };
  /** Steps of the same network: forward alone, and a training step with whatever loss. */
  const steps = (samples: number, network: (inputs: GeneratorInputs) => Tensor, trained: Parameters) => {
    const { specs, values } = feedsFor(samples);
    const forward = compile(specs, (inputs) => ({ out: network(inputs) }), { threads });
    const training = (loss: (out: Tensor) => Tensor) => {
      const optimizer = optim.adamw(trained, { lr: 1e-4, clip: 2 });
      const average = optim.ema(trained, { decay: 0.99 });
      const program = compile(
        specs,
        (inputs) => {
          const value = loss(network(inputs));
          return { value, gradients: grad(value, trained) };
        },
        { threads, freeze: nn.parameterList(features) },
      );
      return async () => {
        const { gradients } = await program.run(values);
        optimizer.update(gradients);
        average.update();
      };
    };
    return { forward: () => forward.run(values), training };
  };

  const context = { dataset, config, generator, threads };
  const latents = {
    values: random.normals(dataset.train.count * latent),
    mean: new Float32Array(latent),
    deviation: new Float32Array(latent).fill(1),
    rows: (indices: ArrayLike<number>) => random.normals(indices.length * latent),
  };
  const joint = jointDriftStage(context, features);
  const jointSteps = steps(config.jointStage.samples, generator, nn.view(generator));
  const latentStage = latentDriftStage(context, latents);
  const latentSteps = steps(config.latentStage.samples, generator.generator, nn.view(generator.generator));

  const imageLoss = jointSteps.training((images) => meanSquares([images]));
  // Real images pass the frozen feature network too
  const real = random.normals(joint.batch * dataset.height * dataset.width);
  const extract = compile(
    { images: [joint.batch, 1, 28, 28] },
    ({ images }) => ({
      out: meanSquares([...pixelFamilies(images), ...stageFamilies(features(images))].map((f) => f.vectors)),
    }),
    { threads, freeze: nn.parameterList(features) },
  );
  const familyLoss = jointSteps.training((images) =>
    meanSquares([...pixelFamilies(images), ...stageFamilies(features(images))].map((f) => f.vectors)),
  );

  note("joint stage");
  const jointTimes = await interleave(rounds, {
    forward: () => timed(STEPS, jointSteps.forward),
    network: () => timed(STEPS, imageLoss),
    features: () =>
      timed(STEPS, async () => {
        await familyLoss();
        await extract.run({ images: real });
      }),
    whole: () => timed(STEPS, () => joint.step(0)),
  });
  note("latent stage");
  const latentLoss = latentSteps.training((vectors) => meanSquares([vectors]));
  const latentTimes = await interleave(rounds, {
    forward: () => timed(STEPS, latentSteps.forward),
    network: () => timed(STEPS, latentLoss),
    whole: () => timed(STEPS, () => latentStage.step(0)),
  });
  const overhead = (part: Times, whole: Times) => ({
    wall: round(Math.max(0, whole.median - part.median) / whole.median),
    cpu: round(Math.max(0, whole.cpu - part.cpu) / whole.cpu),
  });
  return {
    bench: "drift",
    preset: "tiny",
    threads,
    rounds,
    stepsPerRound: STEPS,
    machine: machine(),
    load: { before: loadBefore, after: load() },
    joint: {
      images: joint.batch,
      ...jointTimes,
      driftLossShare: overhead(jointTimes.features, jointTimes.whole),
      lossAndFeaturesShare: overhead(jointTimes.network, jointTimes.whole),
    },
    latent: {
      vectors: latentStage.batch,
      ...latentTimes,
      driftLossShare: overhead(latentTimes.network, latentTimes.whole),
    },
  };
}

export function show({ joint, latent, machine, load, threads }: Awaited<ReturnType<typeof run>>): string {
  const row = (name: string, { median, min, cpu }: Times) => [name, median, min, cpu];
  const percent = ({ wall, cpu }: { wall: number; cpu: number }) =>
    `${(100 * wall).toFixed(0)} % (${(100 * cpu).toFixed(0)} % of processor time)`;
  return [
    table(
      ["drifting step, preset tiny, 28x28x1", "median ms", "min ms", "CPU ms"],
      [
        row(`joint (${joint.images} images): generator and decoder, forward`, joint.forward),
        row("  training step with a trivial loss on the images", joint.network),
        row("  the same on the features, real images' features too", joint.features),
        row("  whole step", joint.whole),
        row(`latent (${latent.vectors} vectors): generator, forward`, latent.forward),
        row("  training step with a trivial loss", latent.network),
        row("  whole step", latent.whole),
      ],
    ),
    `The drift loss itself takes ${percent(joint.driftLossShare)} of a joint step, ${percent(latent.driftLossShare)} of a latent step.`,
    `With the feature network and the families of features: ${percent(joint.lossAndFeaturesShare)} of a joint step.`,
    `${machine.cpu}, ${machine.cores} cores, ${threads} threads used; load average ${load.before} before, ${load.after} after.`,
  ].join("\n");
}
