import { IndexStream } from "../../data/index.js";
import { gather, type TokenData } from "../../data/tokens/sequences.js";
import * as nn from "../../nn/index.js";
import { Random } from "../../random/index.js";
import { generatorTraining } from "../../recipes/schedule.js";
import type { Tensor } from "../../tensor/index.js";
import { gradientStage, phase, type Stage, type TrainingCompute, trainingCompute } from "../../train/stages.js";
import { relax, relaxTopk } from "./curriculum.js";
import { meanNelbo } from "./mean-nelbo.js";
import { type DiscreteNetwork, inputShapes, type NetworkInput, processOf } from "./network.js";
import { levelsAt } from "./objective.js";
import { corrupt } from "./process.js";
import { drawTimes, schedules } from "./schedule.js";
import type { DiscreteSettings } from "./settings.js";
import type { DiscreteShape } from "./shape.js";
import { type AlphaCurve, gammaAt, polynomialCurve, type Window, windowOf } from "./transform.js";

export interface DiscreteStageContext extends TrainingCompute {
  data: TokenData;
  config: DiscreteSettings;
  shape: DiscreteShape;
  net: DiscreteNetwork;
  sample?: Stage["sample"];
}

/** Which tokens the curriculum softens: where all of a small vocabulary are among the k largest, the full softmax. */
const softKind = ({ curriculum: { kind, k } }: DiscreteSettings, vocabulary: number): "topk" | "softmax" =>
  kind === "softmax" || k >= vocabulary ? "softmax" : "topk";

/** Steps of the curriculum: none for masked noise and pixels, whose first layer has no soft tokens. */
export function curriculumSteps({ process, tokens, curriculum, training }: DiscreteSettings): number {
  const { kind, share } = curriculum;
  if (kind === "none" || process === "masked" || tokens.kind === "pixels") return 0;
  return Math.round(share * training.steps);
}

/** Batches of clean tokens, with their classes hidden at random. */
export function batches({ data, config, shape }: DiscreteStageContext, random: Random) {
  const { batch, labelDropout } = config.training;
  const { train } = data;
  const stream = new IndexStream(train.count, random.split("order"));
  return {
    stream,
    next() {
      const indices = stream.next(batch);
      const clean = gather(train, indices);
      const labels = Int32Array.from(indices, (i) =>
        train.labels && random.uniform() >= labelDropout ? train.labels[i] : shape.classes,
      );
      return { clean, labels };
    },
  };
}

/**
 * Draws what the network sees of clean tokens, and the levels of the loss: `relaxed` by the curriculum along its
 * window, `discrete` by the process along its schedule.
 */
export function noising({ config, shape }: DiscreteStageContext, random: Random) {
  const { vocabulary } = shape;
  const { batch } = config.training;
  const { k, tau, rule, low, high } = config.curriculum;
  const kind = softKind(config, vocabulary);
  const process = processOf(shape);
  const schedule = schedules[shape.schedule]();
  let path: { window: Window; curve: AlphaCurve } | null = null;
  const pathOf = () => {
    if (!path) {
      const window = windowOf(vocabulary, { low, high });
      path = { window, curve: polynomialCurve(vocabulary, window) };
    }
    return path;
  };
  return {
    relaxed(clean: Int32Array) {
      const { window, curve } = pathOf();
      const times = drawTimes(random, batch, 0);
      const gamma = times.map((t) => gammaAt(window, t));
      const { inputs } = levelsAt(curve, times);
      const soft =
        kind === "softmax"
          ? relax(clean, vocabulary, gamma, tau, random)
          : relaxTopk(clean, gamma, { vocabulary, k, tau, rule }, random);
      return { ...soft, ...inputs };
    },
    discrete(clean: Int32Array) {
      const { alpha, inputs } = levelsAt(schedule, drawTimes(random, batch));
      return { noisy: corrupt(process, clean, alpha, random), ...inputs };
    },
  };
}

/** The mean of the process's loss for one kind of input. */
function lossOf({ config, shape, net }: DiscreteStageContext, kind: LossKind) {
  const process = processOf(shape);
  const { batch } = config.training;
  const { tokens, sigma, labels } = inputShapes(shape, batch);
  const { k } = config.curriculum;
  return {
    inputs: {
      clean: tokens,
      noisy: tokens,
      sigma,
      labels,
      alpha: [batch],
      rest: [batch],
      dAlpha: [batch],
      scaled: kind === "softmax" && [batch, shape.length, shape.vocabulary],
      indices: kind === "topk" && { shape: [batch, shape.length, k], dtype: "int32" as const },
      weights: kind === "topk" && [batch, shape.length, k],
    },
    loss({ clean, noisy, sigma, labels, alpha, rest, dAlpha, scaled, indices, weights }: Record<LossInput, Tensor>) {
      const input: NetworkInput = kind === "softmax" ? { scaled } : kind === "topk" ? { indices, weights } : noisy;
      return meanNelbo(net, process, { input, sigma, labels }, { clean, noisy, levels: { alpha, rest, dAlpha } });
    },
    split: { rows: batch },
  };
}

type LossKind = "discrete" | "topk" | "softmax";
type LossInput =
  | "clean"
  | "noisy"
  | "sigma"
  | "labels"
  | "alpha"
  | "rest"
  | "dAlpha"
  | "scaled"
  | "indices"
  | "weights";

/** Trains the denoiser by the NELBO: the curriculum's relaxed tokens for the first steps, then discrete ones. */
export function discreteStage(context: DiscreteStageContext): Stage {
  const { config, net, sample } = context;
  const { batch, clip } = config.training;
  const random = new Random(config.seed, "discrete");
  const { stream, next } = batches(context, random);
  const noise = noising(context, random);
  /** A phase of the training: its loss, and clean tokens with what the network sees of them. */
  const part = (kind: LossKind, noisy: (clean: Int32Array) => object, until?: number) =>
    phase({
      until,
      ...lossOf(context, kind),
      next() {
        const { clean, labels } = next();
        return { clean, labels, ...noisy(clean) };
      },
    });
  const soft = softKind(config, context.shape.vocabulary);
  return gradientStage({
    name: "discrete",
    batch,
    parameters: nn.view(net),
    ...generatorTraining(config.training, { clip }),
    phases: [part(soft, noise.relaxed, curriculumSteps(config)), part("discrete", noise.discrete)],
    state: { random, stream },
    sample,
    ...trainingCompute(context),
  });
}
