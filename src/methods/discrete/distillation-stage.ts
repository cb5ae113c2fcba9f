import * as nn from "../../nn/index.js";
import { Random } from "../../random/index.js";
import { generatorTraining } from "../../recipes/schedule.js";
import { gradientStage, phase, type Stage, trainingCompute } from "../../train/stages.js";
import { distillationDelta, distillationLoss, pairTimes, trajectories } from "./distillation.js";
import { discreteNetwork, inputShapes } from "./network.js";
import { sigmaOf } from "./schedule.js";
import { batches, type DiscreteStageContext } from "./stages.js";
import { gammaAt, polynomialCurve, windowOf } from "./transform.js";

/**
 * Draws pairs of points a time step apart on one trajectory each, and their noise levels: `noisy` at t, `cleaner` at s
 * = t − delta.
 */
export function pairs({ config, shape }: DiscreteStageContext, random: Random) {
  const { batch } = config.training;
  const { low, high } = config.curriculum;
  const window = windowOf(shape.vocabulary, { low, high });
  const curve = polynomialCurve(shape.vocabulary, window);
  return (clean: Int32Array, delta: number) => {
    const at = trajectories(clean, shape.vocabulary, random);
    const times = Array.from({ length: batch }, (_, b) => pairTimes((random.uniform() + b) / batch, delta));
    const tokens = (times: number[]) => at(times.map((t) => gammaAt(window, t)));
    const sigma = (times: number[]) => Float32Array.from(times, (t) => sigmaOf(curve.alpha(t)));
    const [later, earlier] = [times.map(({ t }) => t), times.map(({ s }) => s)];
    return {
      ...{ noisy: tokens(later), sigma: sigma(later) },
      ...{ cleaner: tokens(earlier), cleanerSigma: sigma(earlier) },
    };
  };
}

/**
 * Discrete consistency distillation (2506.10892): the network learns to predict at z_t what its teacher predicts at a
 * slightly cleaner z_s on the same trajectory. The teacher is a copy of the network's own weights (not of their
 * average), taken anew at the beginning of each round; the time step doubles from round to round.
 */
export function distillationStage(context: DiscreteStageContext): Stage {
  const { config, shape, net, sample } = context;
  const { batch, clip, emaDecay } = config.training;
  const { rounds, steps: perRound, delta: first, lr } = config.distillation;
  const steps = rounds * perRound;
  const parameters = nn.view(net);
  const master = discreteNetwork(shape);
  const teacher = nn.view(master);
  const random = new Random(config.seed, "distillation");
  const { stream, next } = batches(context, random);
  const draw = pairs(context, random);
  const { tokens, sigma, labels } = inputShapes(shape, batch);
  return gradientStage({
    name: "distillation",
    batch,
    parameters,
    ...generatorTraining({ lr, steps, emaDecay }, { clip }),
    phases: [
      phase({
        inputs: { noisy: tokens, sigma, cleaner: tokens, cleanerSigma: sigma, labels },
        loss({ noisy, sigma, cleaner, cleanerSigma, labels }) {
          const target = master(cleaner, cleanerSigma, labels).stopGradient();
          return distillationLoss(net(noisy, sigma, labels), target).mean();
        },
        split: { rows: batch },
        refresh: { every: perRound, act: () => teacher.flat.set(parameters.flat) },
        next(k) {
          const delta = distillationDelta(Math.floor(k / perRound), first);
          const { clean, labels } = next();
          return { ...draw(clean, delta), labels };
        },
      }),
    ],
    state: { teacher, random, stream },
    sample,
    ...trainingCompute(context),
  });
}
