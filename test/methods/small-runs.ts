import { scenes } from "../../src/data/scenes/index.js";
import * as classifier from "../../src/judges/classifier/settings.js";
import { trainClassifier } from "../../src/judges/classifier/train.js";
import * as languageModel from "../../src/judges/language-model/settings.js";
import { trainLanguageModel } from "../../src/judges/language-model/train.js";
import { presets as motionJudge } from "../../src/judges/motion/settings.js";
import { trainMotionJudge } from "../../src/judges/motion/train.js";
import * as discrete from "../../src/methods/discrete/settings.js";
import { trainDiscrete } from "../../src/methods/discrete/train.js";
import * as drifting from "../../src/methods/drifting/settings.js";
import { trainDrifting } from "../../src/methods/drifting/train.js";
import { trainDyadic } from "../../src/methods/dyadic/index.js";
import * as flow from "../../src/methods/flow/settings.js";
import { trainFlow } from "../../src/methods/flow/train.js";
import { trainMotion } from "../../src/methods/motion/train.js";
import { presets as sphere, trainSphere } from "../../src/methods/sphere/index.js";
import { trainVisionLanguage } from "../../src/methods/vision-language/train.js";
import type { RunResult, TrainOptions } from "../../src/train/index.js";
import { chain } from "./chain.js";
import { dialogues, micro as microDyadic } from "./dyadic/made.js";
import { clips, micro as microMotion } from "./motion/clips.js";
import { shapes } from "./pictures.js";
import { micro } from "./vision-language/made.js";

// Tables, batches and widths are large enough that the runtime divides the work of a look-up's gradient among threads
const task = {
  task: "classifier" as const,
  width: 8,
  blocks: [1, 1],
  stemStride: 2 as const,
  batch: 16,
  steps: 2,
  lr: 2e-3,
};
const autoencoder = {
  latent: 6,
  encoder: [8, 8] as [number, number],
  hidden: 32,
  decoder: [8, 8, 4] as [number, number, number],
  batch: 16,
  steps: 3,
  warmSteps: 1,
  perceptual: 0.1,
  latentNoise: 0.05,
  lr: 2e-3,
};
const stage = { samples: 64, groups: 10, lr: 1e-3, emaDecay: 0.9 };
const transformer = { kind: "transformer", width: 64, heads: 2, blocks: 1, condition: 32, tied: false } as const;
const data = shapes();

const driftingRun: drifting.DriftingSettings = {
  ...drifting.presets.tiny,
  features: { ...task, task: "mae+classifier" },
  autoencoder,
  generator: { hidden: 512, blocks: 1, condition: 32, styles: { count: 4, size: 16 } },
  latentStage: { ...stage, steps: 4 },
  jointStage: { ...stage, samples: 16, steps: 2 },
};

/** That, ending with the Fréchet stage. Hardly trained, its maps are so large that no two devices agree. */
export const driftingToTheEnd = (options: TrainOptions) =>
  trainDrifting(
    data,
    { ...driftingRun, frechetStage: { ...drifting.presets.tiny.frechetStage, samples: 8, steps: 3 } },
    options,
  );

/** Training of every method from its seed, with settings that take seconds. */
export const smallRuns: Record<string, (options: TrainOptions) => Promise<RunResult>> = {
  drifting: (options) => trainDrifting(data, driftingRun, options),
  flow: (options) =>
    trainFlow(
      data,
      {
        ...flow.presets.tiny,
        space: "joint",
        features: task,
        autoencoder,
        generator: { hidden: 64, blocks: 1, condition: 32 },
        flow: { batch: 32, steps: 4, lr: 1e-3, emaDecay: 0.9, labelDropout: 0.1 },
        jointStage: { ...stage, samples: 8, steps: 2, samplerSteps: 2 },
      },
      options,
    ),
  sphere: (options) =>
    trainSphere(
      data,
      {
        ...sphere.tiny,
        network: {
          kind: "conv",
          latent: 8,
          encoder: [8, 8],
          hidden: 32,
          decoder: [8, 8, 8],
          trunk: 32,
          encoderBlocks: 1,
          decoderBlocks: 1,
          condition: 16,
        },
        features: task,
        training: { ...sphere.tiny.training, batch: 32, steps: 6, warmup: 2 },
      },
      options,
    ),
  discrete: (options) =>
    trainDiscrete(
      chain,
      {
        ...discrete.presets.tiny,
        network: transformer,
        distillation: { rounds: 1, steps: 2, delta: 1 / 8, lr: 1e-3 },
        training: { ...discrete.presets.tiny.training, steps: 6 },
      },
      options,
    ),
  motion: (options) => trainMotion(clips(), microMotion, options),
  dyadic: (options) =>
    trainDyadic(
      dialogues(),
      {
        ...microDyadic,
        tokenizer: { ...microDyadic.tokenizer, batch: 16, steps: 3 },
        training: { ...microDyadic.training, batch: 16, steps: 4 },
      },
      options,
    ),
  // Enough words that the gradient of their look-up is divided among threads
  "vision-language": (options) =>
    trainVisionLanguage(
      scenes(),
      {
        ...micro,
        network: { ...micro.network, width: 64 },
        training: { ...micro.training, pictures: 8, questions: 8 },
      },
      options,
    ),
  classifier: (options) =>
    trainClassifier(
      data,
      { ...classifier.presets.tiny, widths: [8, 16, 16], features: 12, batch: 48, steps: 6 },
      options,
    ),
  "language-model": (options) =>
    trainLanguageModel(
      chain,
      { ...languageModel.presets.tiny, length: 64, width: 64, heads: 2, blocks: 1, batch: 64, steps: 6 },
      options,
    ),
  "motion-judge": (options) =>
    trainMotionJudge(
      clips(),
      { ...motionJudge.tiny, frames: 20, width: 32, features: 8, embedding: 8, batch: 32, steps: 6 },
      options,
    ),
};
