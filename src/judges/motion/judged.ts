import type { LabelledClip } from "../../data/motion-dataset.js";
import { accuracy, diversity, type Features, features, multimodalDistance, rPrecision } from "../../metrics/index.js";
import { footSkating, jerk, meanPairDistance } from "../../metrics/motion/index.js";
import { mean } from "../../metrics/quantile.js";
import { type Clip, positionsOf } from "../../motion/index.js";
import type { Random } from "../../random/index.js";
import type { MotionJudge } from "./model.js";
import { JUDGED } from "./shape.js";
import { shownIn, windowsOf } from "./windows.js";

/** What a motion shows, or was asked to show. */
export interface Ask {
  readonly prompt: string;
  /** Index of its action. */
  readonly label: number;
}

/** N motions in a judge's eyes. */
export interface JudgedMotions {
  readonly asked: readonly Ask[];
  /** For the Fréchet distance. */
  readonly features: Features;
  /** [N, actions]. */
  readonly logits: Float32Array;
  /** Places of what was asked, and of what there is. */
  readonly texts: Features;
  readonly places: Features;
  /** Mean jerk of each, metres a frame³, and its share of skating, [N]. */
  readonly jerk: Float64Array;
  readonly skating: Float64Array;
}

interface Seen {
  readonly clip: Clip;
  readonly ask: Ask;
}

/** What a judge finds in windows [N, frames, 67] of motions. */
async function look(
  judge: MotionJudge,
  windows: Float32Array,
  seen: readonly Seen[],
  signal?: AbortSignal,
): Promise<JudgedMotions> {
  const { features: dim, embedding } = judge.shape;
  const asked = seen.map(({ ask }) => ask);
  const prompts = asked.map(({ prompt }) => prompt);
  const [found, texts] = [await judge.judge(windows, { signal }), await judge.read(prompts, { signal })];
  const joints = seen.map(({ clip }) => positionsOf(clip));
  return {
    asked,
    features: features(found.features, dim),
    logits: found.logits,
    texts: features(texts, embedding),
    places: features(found.places, embedding),
    jerk: Float64Array.from(joints, (one) => mean(jerk(one))),
    skating: Float64Array.from(joints, (one, i) => footSkating(one, seen[i].clip.fps)),
  };
}

/** Judges the last window of each motion. @throws RangeError where one is shorter, or of another frame rate */
export function judgeMotions(
  judge: MotionJudge,
  clips: readonly Clip[],
  asked: readonly Ask[],
  { signal }: { signal?: AbortSignal } = {},
): Promise<JudgedMotions> {
  const { frames } = judge.shape;
  const windows = new Float32Array(clips.length * frames * JUDGED);
  for (const [i, clip] of clips.entries()) windows.set(judge.windowOf(clip, clip.frames - frames), i * frames * JUDGED);
  return look(
    judge,
    windows,
    clips.map((clip, i) => ({ clip, ask: asked[i] })),
    signal,
  );
}

/** Judges real motions: the first windows of segments that are long enough, `count` at most, drawn by `random`. */
export function judgeReal(
  judge: MotionJudge,
  clips: readonly LabelledClip[],
  { count, random, signal }: { count: number; random: Random; signal?: AbortSignal },
): Promise<JudgedMotions> {
  const shown = shownIn(clips, judge.shape.frames);
  const drawn = Array.from(random.permutation(shown.length).subarray(0, count), (i) => shown[i]);
  const starts = drawn.map(({ start }) => start);
  return look(
    judge,
    windowsOf(drawn, starts, judge.shape.frames),
    drawn.map(({ clip, captions, label }) => ({ clip, ask: { prompt: random.choice(captions), label } })),
    signal,
  );
}

/** The share whose action is the one that was asked for. */
export const accuracyOf = ({ logits, asked }: JudgedMotions): number =>
  accuracy({ logits, labels: asked.map(({ label }) => label) });

/** R-precision 1 … 3 of 32, [3]. @throws RangeError for fewer motions. */
export const precisionOf = ({ texts, places }: JudgedMotions): Float64Array => rPrecision(texts, places);

/** MM-Dist: the mean distance of what was asked to what there is. */
export const textDistanceOf = ({ texts, places }: JudgedMotions): number => multimodalDistance(texts, places);

/** How far motions are from each other in the space of the Fréchet distance, in 300 pairs, or as many as there are. */
export const diversityOf = ({ features }: JudgedMotions, random: Random): number =>
  diversity(features, { pairs: Math.min(300, features.count), random });

/**
 * MultiModality: how far motions of one action are from each other in that space, the mean over all pairs of different
 * motions and over actions, so that it does not depend on how many there are of each. `among`: the actions; NaN where
 * none of them has two motions.
 */
export function multimodalityOf({ features: { data, dim }, asked }: JudgedMotions, among: ReadonlySet<number>): number {
  const means = Array.from(among, (action) => {
    const own = asked.flatMap(({ label }, i) => (label === action ? [...data.subarray(i * dim, (i + 1) * dim)] : []));
    return meanPairDistance(features(Float32Array.from(own), dim));
  });
  return mean(means);
}

/** Actions of which there are two motions at least. */
export function actionsOf({ asked }: JudgedMotions): Set<number> {
  const counts = new Map<number, number>();
  for (const { label } of asked) counts.set(label, (counts.get(label) ?? 0) + 1);
  return new Set([...counts].flatMap(([label, count]) => (count > 1 ? [label] : [])));
}
