import type { SceneDataset } from "../../data/scenes/index.js";
import { scenePixels } from "../../data/scenes/pictures.js";
import * as nn from "../../nn/index.js";
import { generatorTraining } from "../../recipes/schedule.js";
import { gradientStage, phase, type Stage, type TrainingCompute, trainingCompute } from "../../train/stages.js";
import type { VisionLanguageNetwork } from "./network.js";
import { answerLoss, sequences, tokensOf } from "./objective.js";
import type { VisionLanguageSettings } from "./settings.js";
import type { VisionLanguageShape } from "./shape.js";

export interface VisionLanguageContext extends TrainingCompute {
  dataset: SceneDataset;
  config: VisionLanguageSettings;
  shape: VisionLanguageShape;
  net: VisionLanguageNetwork;
  sample?: Stage["sample"];
}

/** Pictures and exchanges of step k: fresh ones in every step, the same for the same seed. */
export function lessonsOf({ dataset, config, shape }: Omit<VisionLanguageContext, "net">, k: number) {
  const { seed, mixture, without, training } = config;
  const { pictures, questions } = training;
  const lessons = Array.from({ length: pictures }, (_, i) =>
    dataset.lesson({ seed, index: k * pictures + i }, questions, { mixture, without }),
  );
  const exchanges = lessons.flatMap((lesson) =>
    lesson.questions.map(({ text, answer }) => ({
      question: tokensOf(text, shape.words),
      answer: tokensOf(answer, shape.words),
    })),
  );
  const images = scenePixels(lessons.map(({ scene }) => scene));
  return { images, ...sequences(exchanges, shape.length) };
}

/** Next-token cross-entropy on answers. */
export function visionLanguageStage(context: VisionLanguageContext): Stage {
  const { config, shape, net, sample } = context;
  const { pictures, questions, steps, lr, emaDecay } = config.training;
  const { height, width, channels } = shape.image;
  const rows = [pictures * questions, shape.length];
  return gradientStage({
    name: "answers",
    batch: pictures,
    parameters: nn.view(net),
    ...generatorTraining({ lr, steps, emaDecay }, { clip: 1 }),
    phases: [
      phase({
        inputs: {
          images: [pictures, channels, height, width],
          tokens: { shape: rows, dtype: "int32" as const },
          next: { shape: rows, dtype: "int32" as const },
          counted: rows,
        },
        loss: ({ images, tokens, next, counted }) => answerLoss(net(images, tokens), next, counted),
        split: { rows: pictures },
        next: (k) => lessonsOf(context, k),
      }),
    ],
    state: {},
    sample,
    ...trainingCompute(context),
  });
}
