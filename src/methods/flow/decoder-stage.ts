import { ClassStream, IndexStream, toFloat } from "../../data/index.js";
import type { FeatureNet } from "../../networks/feature-net.js";
import * as nn from "../../nn/index.js";
import { Random } from "../../random/index.js";
import { imageDriftLoss, imageFamilies } from "../../recipes/drift/image-objective.js";
import { generatorTraining } from "../../recipes/schedule.js";
import { compile, computeOf } from "../../runtime/index.js";
import { gradientStage, phase, type Stage, trainingCompute } from "../../train/stages.js";
import { takesSpan } from "./network.js";
import { integrate, solverOf } from "./sampler.js";
import type { FlowStageContext } from "./stages.js";

/**
 * Tunes the decoder on what the flow really draws, against real images with drifting's pixel and feature families: the
 * strongest simple rival of drifting's joint stage. Trained are the decoder and the affine map in front of it (`scale`,
 * `shift`), nothing else. Its inputs are latent vectors from `samplerSteps` steps of the model's own rule (Euler's of a flow),
 * without guidance, of the flow's averaged weights; no gradient passes through them. The encoder is not used.
 */
export function decoderStage(context: FlowStageContext, features: FeatureNet): Stage {
  const { dataset, config, shape, net, sample } = context;
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
  const times = { time: [count], until: takesSpan(shape) && [count] };
  const velocity = compile(
    { state: [count, latent], ...times, labels: { shape: [count], dtype: "int32" } },
    ({ state, time, until, labels }) => ({ velocity: net.velocity(state, time, labels, until) }),
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
          ...imageDriftLoss(
            familiesOf(toImages(latents)),
            familiesOf(real),
            null,
            latents.shape[0] / samples,
            config.drift,
          ),
        }),
        split: { rows: groups },
        async next() {
          const order = stream instanceof ClassStream ? stream.drawClasses(groups, random) : new Int32Array(1);
          const indices = stream instanceof ClassStream ? stream.next(order, samples) : stream.next(samples);
          const labels = Int32Array.from({ length: count }, (_, i) => (labelled ? order[Math.floor(i / samples)] : 0));
          const at = (t: number) => new Float32Array(count).fill(t);
          const latents = await integrate(
            async (state, t, until) => (await velocity.run({ state, time: at(t), until: at(until), labels })).velocity,
            random.normals(count * latent),
            samplerSteps,
            solverOf(shape),
            () => random.normals(count * latent),
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
