import type { MotionDataset } from "../../data/motion-dataset.js";
import { WrongUse } from "../../io/wrong-use.js";
import { trainableShape } from "../../models/architecture.js";
import { readModelConfig } from "../../models/files.js";
import * as nn from "../../nn/index.js";
import { Random } from "../../random/index.js";
import { trainModel } from "../../recipes/training.js";
import { type Stage, type TrainOptions, trainingCompute } from "../../train/index.js";
import { parseSettings } from "../../train/settings.js";
import { encodeWindows, tokenScaleOf } from "./latents.js";
import { motionArchitecture, motionNetwork } from "./network.js";
import { type MotionSettings, motionSettings } from "./settings.js";
import { codecStage, diffusionStage, teacherStage } from "./stages.js";
import { teacher } from "./teacher.js";
import { textEncoder } from "./text.js";
import { featureClips, featureScale } from "./windows.js";
import { Vocabulary, vocabularyOf } from "./words.js";

/**
 * Trains a motion model: a teacher that knows which caption belongs to which motion, the codec that is aligned with it,
 * then the denoiser and its captions' encoder on the codec's tokens. Writes checkpoints, logs and `model/` into the run's
 * folder.
 */
export async function trainMotion(dataset: MotionDataset, settings: MotionSettings, options: TrainOptions) {
  const config = parseSettings(motionSettings, settings);
  const clips = featureClips(dataset.train);
  if (clips.length === 0) throw new WrongUse(`"${dataset.id}" has no motions of 4 frames or more to learn from.`);
  const captions = clips.flatMap(({ segments }) => segments.flatMap(({ captions }) => captions));
  const { width, latent, depth } = config.codec;
  const { words: most, ...text } = config.text;
  // What goes on from a run keeps its words, whatever is said of the motions that it now learns from
  const known = options.from && motionArchitecture.shape.parse((await readModelConfig(options.from.run)).network).text;
  const words = known && "words" in known ? known : { ...text, words: vocabularyOf(captions, most) };
  const shape = trainableShape(motionArchitecture, {
    fps: dataset.fps,
    features: clips[0].rows.length / clips[0].frames,
    codec: { width, latent, depth },
    text: words,
    network: config.network,
  });
  const net = motionNetwork(shape);
  const random = new Random(config.seed, "motion");
  nn.initialize(net, random.uint32());
  const scale = featureScale(clips);
  net.frames.mean.value!.set(scale.mean);
  net.frames.deviation.value!.set(scale.deviation);
  const context = { clips, vocabulary: new Vocabulary(words), config, shape, net, ...trainingCompute(options) };
  const stages: (() => Stage | Promise<Stage>)[] = [];
  const guide = config.teacher.steps > 0 ? teacher(shape.features, config.teacher) : null;
  if (guide) {
    const knows = { teacher: guide, text: textEncoder(words) };
    for (const [name, part] of Object.entries(knows)) nn.initialize(part, random.split(name).uint32());
    stages.push(() => teacherStage(context, knows));
  }
  stages.push(
    () => codecStage(context, guide),
    async () =>
      diffusionStage(context, await encodeWindows(clips, shape, net, options, options.from && tokenScaleOf(net))),
  );
  return trainModel({ method: "motion", dataset, options, settings: config, shape, net }, stages);
}
