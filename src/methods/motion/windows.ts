import type { LabelledClip, Segment } from "../../data/motion-dataset.js";
import { FEATURE_PARTS, toFeatures } from "../../motion/features.js";
import { TOKEN_FRAMES } from "./shape.js";

/** A motion as rows of features, with what it shows. */
export interface FeatureClip {
  /** [frames, features]. */
  readonly rows: Float32Array;
  readonly frames: number;
  readonly segments: readonly Segment[];
}

/** Whole tokens of each clip, at least one; a clip shorter than a token is left out. */
export const featureClips = (clips: readonly LabelledClip[]): FeatureClip[] =>
  clips.flatMap(({ clip, segments }) => {
    const frames = TOKEN_FRAMES * Math.floor(clip.frames / TOKEN_FRAMES);
    if (frames === 0) return [];
    const rows = toFeatures(clip);
    return [{ rows: rows.slice(0, (rows.length / clip.frames) * frames), frames, segments }];
  });

/** A stretch of a clip, in frames. */
export interface Window {
  readonly clip: FeatureClip;
  readonly start: number;
  readonly end: number;
}

/** Windows of at most `frames`, `stride` apart, each clip's last one ending where it ends. */
export function windowsOver(clips: readonly FeatureClip[], frames: number, stride: number): Window[] {
  return clips.flatMap((clip) => {
    const last = Math.max(0, clip.frames - frames);
    const starts = Array.from({ length: Math.ceil(last / stride) + 1 }, (_, i) => Math.min(i * stride, last));
    return starts.map((start) => ({ clip, start, end: Math.min(clip.frames, start + frames) }));
  });
}

/** Smallest deviations of features that are told apart: 1 mm or a 1000th of a radian of the root, 1 cm or half a degree else. */
const FINEST = { root: 1e-3, body: 1e-2 };

/** Mean and deviation of each feature over all frames. */
export function featureScale(clips: readonly FeatureClip[]): { mean: Float32Array; deviation: Float32Array } {
  const features = clips[0].rows.length / clips[0].frames;
  const [sum, squares] = [new Float64Array(features), new Float64Array(features)];
  let frames = 0;
  for (const { rows, frames: own } of clips) {
    frames += own;
    for (let i = 0; i < rows.length; i++) sum[i % features] += rows[i];
  }
  const mean = sum.map((total) => total / frames);
  for (const { rows } of clips)
    for (let i = 0; i < rows.length; i++) squares[i % features] += (rows[i] - mean[i % features]) ** 2;
  const finest = (j: number) => (j < FEATURE_PARTS.height[1] ? FINEST.root : FINEST.body);
  return {
    mean: Float32Array.from(mean),
    deviation: Float32Array.from(squares, (total, j) => Math.max(finest(j), Math.sqrt(total / frames))),
  };
}

/** The weight of each feature in the reconstruction, as the root of it: errors are multiplied by it. */
export function featureWeights(
  weights: { root: number; positions: number; rotations: number; contacts: number },
  features: number,
): Float32Array {
  const all = new Float32Array(features).fill(1);
  const { positions, rotations, contacts } = FEATURE_PARTS;
  all.fill(Math.sqrt(weights.root), 0, FEATURE_PARTS.height[1]);
  all.fill(Math.sqrt(weights.positions), ...positions);
  all.fill(Math.sqrt(weights.rotations), ...rotations);
  all.fill(Math.sqrt(weights.contacts), ...contacts);
  return all;
}

/** Windows' rows one after the other, [n, frames, features]; behind a shorter one its last pose stands still. */
export function rowsOfWindows(windows: readonly Window[], frames: number, features: number): Float32Array {
  const out = new Float32Array(windows.length * frames * features);
  windows.forEach(({ clip, start, end }, n) => {
    const at = n * frames * features;
    out.set(clip.rows.subarray(start * features, end * features), at);
    const still = clip.rows.slice((end - 1) * features, end * features).fill(0, 0, FEATURE_PARTS.travel[1]);
    for (let f = end - start; f < frames; f++) out.set(still, at + f * features);
  });
  return out;
}

/** Which of its segments a clip shows at a frame. */
export const segmentAt = ({ segments }: FeatureClip, frame: number): number => {
  const found = segments.findIndex(({ end }) => frame < end);
  return found < 0 ? segments.length - 1 : found;
};
