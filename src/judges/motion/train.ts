import { IndexStream } from "../../data/batches.js";
import type { MotionDataset } from "../../data/motion-dataset.js";
import { many } from "../../io/show.js";
import { WrongUse } from "../../io/wrong-use.js";
import { accuracy, features, rPrecision } from "../../metrics/index.js";
import { trainableShape } from "../../models/architecture.js";
import { crossEntropy } from "../../networks/feature-net.js";
import * as nn from "../../nn/index.js";
import { Random } from "../../random/index.js";
import { generatorTraining } from "../../recipes/schedule.js";
import { trainModel } from "../../recipes/training.js";
import { computeOf } from "../../runtime/index.js";
import type { Tensor } from "../../tensor/index.js";
import { gradientStage, phase, type TrainOptions, trainingCompute } from "../../train/index.js";
import { wholeBatch } from "../../train/part.js";
import { parseSettings } from "../../train/settings.js";
import { MotionJudge } from "./model.js";
import { motionJudge, motionJudgeArchitecture } from "./network.js";
import { alikeOf, contrast } from "./objective.js";
import { type MotionJudgeSettings, motionJudgeSettings } from "./settings.js";
import { JUDGED } from "./shape.js";
import { type Shown, scaleOf, shownIn, windowsOf } from "./windows.js";
import { encodeTexts, NOTHING, UNKNOWN, unreadShare, vocabularyOf } from "./words.js";

/**
 * Trains a judge of motion on a share of the training clips that its seed draws, and writes it, with its accuracy and
 * R-precision on the test clips, into the run's `model/`.
 */
export async function trainMotionJudge(dataset: MotionDataset, settings: MotionJudgeSettings, options: TrainOptions) {
  const config = parseSettings(motionJudgeSettings, settings);
  const { seed, frames, batch, steps, lr } = config;
  const { classNames, fps } = dataset;
  if (!classNames || classNames.length < 2)
    throw new WrongUse(`The data "${dataset.id}" have no two actions to tell apart; a judge of motion needs labels.`);
  const random = new Random(seed, "motion-judge");
  const own = Math.ceil(config.clips * dataset.train.length);
  const drawn = random.split("clips").permutation(dataset.train.length).subarray(0, own);
  const shown = shownIn(
    Array.from(drawn, (i) => dataset.train[i]),
    frames,
  );
  if (shown.length === 0)
    throw new WrongUse(
      `None of ${many(own, "clip")} of "${dataset.id}" shows one action for ${frames} frames; take fewer (frames).`,
    );
  const vocabulary = vocabularyOf(shown.flatMap(({ captions }) => captions));
  if (vocabulary.words.length === 0)
    throw new WrongUse(
      `No caption of "${dataset.id}" has a word of Latin letters; a judge of motion reads captions in English.`,
    );
  const shape = trainableShape(motionJudgeArchitecture, {
    ...{ fps, frames, ...scaleOf(shown), actions: classNames },
    ...{ words: vocabulary.words, length: vocabularyOf(captionsOf([...dataset.train, ...dataset.test])).length },
    ...{ width: config.width, features: config.features, embedding: config.embedding },
  });
  const net = motionJudge(shape);
  const parameters = nn.initialize(net, random.split("weights").uint32());
  const stream = new IndexStream(shown.length, random.split("order"));
  const { length } = shape;
  const stage = gradientStage({
    name: "motion-judge",
    batch,
    parameters,
    ...generatorTraining({ lr, steps, emaDecay: 0.99 }, { clip: 1, weightDecay: config.weightDecay }),
    phases: [
      phase({
        inputs: {
          windows: [batch, frames, JUDGED],
          labels: { shape: [batch], dtype: "int32" },
          rows: { shape: [batch, length], dtype: "int32" },
          there: [batch, length],
          alike: [batch, batch],
        },
        loss: ({ windows, labels, rows, there, alike }, part) => {
          const { logits, places } = net.motion(windows);
          const all = (x: Tensor) => wholeBatch(x, part);
          const meant = contrast(all(places), all(net.text(rows, there)), net.sharpness, alike);
          return crossEntropy(logits, labels).add(meant);
        },
        split: { rows: batch, whole: ["alike"] },
        next() {
          const items = Array.from(stream.next(batch), (i) => shown[i]);
          const starts = items.map(({ start, end }) => start + random.integer(end - start - frames + 1));
          const captions = items.map(({ captions }) => random.choice(captions));
          const rows = encodeTexts(captions, shape.words, length);
          const there = Float32Array.from(rows, (row) => Number(row !== NOTHING));
          return {
            windows: windowsOf(items, starts, frames),
            labels: Int32Array.from(items, ({ label }) => label),
            rows: rows.map((row) => (row !== NOTHING && random.uniform() < config.noise ? UNKNOWN : row)),
            there,
            alike: alikeOf(captions),
          };
        },
      }),
    ],
    state: { random, stream },
    ...trainingCompute(options),
  });
  const recipe = { method: "motion-judge", dataset, options, settings: config, shape, net };
  return trainModel(recipe, [stage], undefined, async (files) => {
    const judge = new MotionJudge(files, computeOf(options));
    Object.assign(files.config.training, await tested(judge, shownIn(dataset.test, frames), random.split("test")));
    await judge.release();
  });
}

/** All captions of clips. */
const captionsOf = (clips: MotionDataset["train"]): string[] =>
  clips.flatMap(({ segments }) => segments.flatMap(({ captions }) => captions));

/**
 * The share of test segments whose action is told rightly in their middle, R-precision (1, 2, 3 of 32) in an order drawn
 * at random, and the share of their captions without a word that the judge knows; null where there are too few.
 */
async function tested(judge: MotionJudge, all: readonly Shown[], random: Random) {
  const { frames, embedding } = judge.shape;
  const shown = Array.from(random.permutation(all.length), (i) => all[i]);
  if (shown.length === 0) return { testAccuracy: null, testPrecision: null, testUnread: null };
  const starts = shown.map(({ start, end }) => start + ((end - start - frames) >> 1));
  const { logits, places } = await judge.judge(windowsOf(shown, starts, frames));
  const testAccuracy = accuracy({ logits, labels: shown.map(({ label }) => label) });
  const captions = shown.map(({ captions }) => captions[0]);
  const testUnread = unreadShare(captions, judge.shape.words);
  if (shown.length < 32) return { testAccuracy, testPrecision: null, testUnread };
  const texts = await judge.read(captions);
  const testPrecision = [...rPrecision(features(texts, embedding), features(places, embedding))];
  return { testAccuracy, testPrecision, testUnread };
}
