import type { MotionDataset } from "../../src/data/motion-dataset.js";
import type { MotionJudge } from "../../src/judges/motion/model.js";
import { shownIn } from "../../src/judges/motion/windows.js";
import { type Features, features, frechetDistance } from "../../src/metrics/index.js";
import {
  aroundBoundary,
  footSkating,
  jerk,
  jerkArea,
  meanJerk,
  peakJerk,
  rPrecision,
} from "../../src/metrics/motion/index.js";
import { type Clip, positionsOf } from "../../src/motion/index.js";
import type { Ask } from "./draw.js";

/** What real motions are in a judge's eyes. */
export interface Real {
  readonly features: Features;
  /** Fréchet distance of other real motions to these: what sampling alone makes of it. */
  readonly floor: number;
  readonly accuracy: number;
  /** Mean jerk, metres a frame³. */
  readonly jerk: number;
  readonly skating: number;
}

/** Real motions of the test split, beside as many of the training split. */
export async function realOf(judge: MotionJudge, dataset: MotionDataset, count: number): Promise<Real> {
  const { frames } = judge.shape;
  const of = async (clips: MotionDataset["test"]) => {
    const shown = shownIn(clips, frames).slice(0, count);
    const windows = new Float32Array(shown.length * frames * 67);
    shown.forEach(
      ({ rows, start }, i) => void windows.set(rows.subarray(start * 67, (start + frames) * 67), i * frames * 67),
    );
    return { ...(await judge.judge(windows)), labels: shown.map(({ label }) => label) };
  };
  const [test, train] = [await of(dataset.test), await of(dataset.train)];
  const own = features(test.features, judge.shape.features);
  const joints = dataset.test.slice(0, count).map(({ clip }) => positionsOf(clip));
  return {
    features: own,
    floor: frechetDistance(features(train.features, judge.shape.features), own),
    accuracy: rightOf(test.logits, test.labels),
    jerk: mean(joints.map((one) => mean([...jerk(one)]))),
    skating: mean(joints.map((one) => footSkating(one, 20))),
  };
}

/** Figures of motions that were asked to show one thing each. */
export async function judged(judge: MotionJudge, clips: readonly Clip[], asked: readonly Ask[], real: Real) {
  const { frames, embedding } = judge.shape;
  const windows = new Float32Array(clips.length * frames * 67);
  clips.forEach((clip, i) => void windows.set(judge.windowOf(clip, clip.frames - frames), i * frames * 67));
  const found = await judge.judge(windows);
  const texts = await judge.read(asked.map(({ prompt }) => prompt));
  const joints = clips.map(positionsOf);
  return {
    accuracy: rightOf(
      found.logits,
      asked.map(({ label }) => label),
    ),
    frechet: frechetDistance(features(found.features, judge.shape.features), real.features),
    rPrecision: rPrecision(features(texts, embedding), features(found.places, embedding))[2],
    skating: mean(joints.map((one) => footSkating(one, 20))),
    jerk: mean(joints.map((one) => mean([...jerk(one)]))),
  };
}

/** Jerk around places of motions, frames: the peak of its mean, and its area over real motion's. */
export function jerkAround(clips: readonly Clip[], places: readonly number[], real: Real, window = 20) {
  const jerks = clips
    .map(positionsOf)
    .flatMap((joints) => places.map((place) => jerk(aroundBoundary(joints, place, window))));
  const average = meanJerk(jerks);
  return { peak: peakJerk(average), area: jerkArea(average, real.jerk) };
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

function rightOf(logits: Float32Array, labels: readonly number[]): number {
  const classes = logits.length / labels.length;
  const right = labels.filter((label, i) => {
    const own = logits.subarray(i * classes, (i + 1) * classes);
    return own.indexOf(Math.max(...own)) === label;
  });
  return right.length / labels.length;
}
