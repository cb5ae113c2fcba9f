import { SOUND_FEATURES } from "../../audio/index.js";
import type { DialogueDataset } from "../../data/dialogue-dataset.js";
import { WrongUse } from "../../io/wrong-use.js";
import { trainableShape } from "../../models/architecture.js";
import { GESTURE_FEATURES } from "../../motion/gesture.js";
import * as nn from "../../nn/index.js";
import { Random } from "../../random/index.js";
import { trainModel } from "../../recipes/training.js";
import { type TrainOptions, trainingCompute } from "../../train/index.js";
import { parseSettings } from "../../train/settings.js";
import { encodeTakes } from "./latents.js";
import { dyadicArchitecture, dyadicNetwork } from "./network.js";
import { type DyadicSettings, dyadicSettings } from "./settings.js";
import { dyadicStage, tokenizerStage } from "./stages.js";
import { FINEST, scaleOf, takesOf } from "./windows.js";

/**
 * Trains a DyaDiT model: the tokenizer of motion, then the denoiser on its latents. Writes checkpoints, logs and `model/`
 * into the run's folder.
 */
export async function trainDyadic(dataset: DialogueDataset, settings: DyadicSettings, options: TrainOptions) {
  const config = parseSettings(dyadicSettings, settings);
  const takes = takesOf(dataset.train);
  if (takes.length === 0)
    throw new WrongUse(
      `"${dataset.id}" has nobody whose motion is known for 4 frames or more; gestures are learnt from these.`,
    );
  const { width, latent, levels, codes } = config.tokenizer;
  const { drop, objective } = config.training;
  const shape = trainableShape(dyadicArchitecture, {
    fps: dataset.fps,
    features: GESTURE_FEATURES,
    sound: SOUND_FEATURES,
    tokenizer: { width, latent, levels, codes },
    network: config.network,
    objective,
    guided: drop.all > 0,
  });
  const net = dyadicNetwork(shape);
  nn.initialize(net, new Random(config.seed, "dyadic").uint32());
  const gestures = takes.map(({ dialogue, person }) => dialogue.people[person].gesture!);
  const sounds = dataset.train.flatMap(({ people }) => people.map(({ sound }) => sound));
  for (const [part, scale] of [
    [net.frames, scaleOf(gestures, GESTURE_FEATURES, FINEST.gesture)],
    [net.read.scale, scaleOf(sounds, SOUND_FEATURES, FINEST.sound)],
  ] as const) {
    part.mean.value!.set(scale.mean);
    part.deviation.value!.set(scale.deviation);
  }
  const context = { takes, config, shape, net, ...trainingCompute(options) };
  return trainModel({ method: "dyadic", dataset, options, settings: config, shape, net }, [
    () => tokenizerStage(context),
    async () => dyadicStage(context, await encodeTakes(takes, { shape, net }, config.training, options)),
  ]);
}
