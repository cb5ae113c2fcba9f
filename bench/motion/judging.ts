import type { MotionDataset } from "../../src/data/motion-dataset.js";
import { measureMotionReference } from "../../src/judges/motion/evaluate.js";
import { type Ask, accuracyOf, type JudgedMotions, judgeMotions, precisionOf } from "../../src/judges/motion/judged.js";
import type { MotionJudge } from "../../src/judges/motion/model.js";
import { type Features, frechetDistance } from "../../src/metrics/index.js";
import { aroundBoundary, jerk, jerkArea, meanJerk, peakJerk } from "../../src/metrics/motion/index.js";
import { mean } from "../../src/metrics/quantile.js";
import { type Clip, positionsOf } from "../../src/motion/index.js";

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
  const { test, train } = await measureMotionReference(dataset, judge, { limit: count });
  return {
    features: test.features,
    floor: frechetDistance(train.features, test.features),
    ...figuresOf(test),
  };
}

const figuresOf = (judged: JudgedMotions) => ({
  accuracy: accuracyOf(judged),
  skating: mean(judged.skating),
  jerk: mean(judged.jerk),
});

/** Figures of motions that were asked to show one thing each. */
export async function judged(judge: MotionJudge, clips: readonly Clip[], asked: readonly Ask[], real: Real) {
  const found = await judgeMotions(judge, clips, asked);
  return {
    ...figuresOf(found),
    frechet: frechetDistance(found.features, real.features),
    rPrecision: precisionOf(found)[2],
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
