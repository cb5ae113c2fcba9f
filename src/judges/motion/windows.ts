import type { LabelledClip, Segment } from "../../data/motion-dataset.js";
import { BODY_FEATURES, type Clip, toFeatures } from "../../motion/index.js";
import { JUDGED } from "./shape.js";

/** What the judge sees of a clip on the body of 22 joints: the first 67 features of each frame, [T, 67]. */
export function judgedRows(clip: Clip): Float32Array {
  const all = toFeatures(clip);
  const rows = new Float32Array(clip.frames * JUDGED);
  for (let t = 0; t < clip.frames; t++)
    rows.set(all.subarray(t * BODY_FEATURES, t * BODY_FEATURES + JUDGED), t * JUDGED);
  return rows;
}

/** A stretch of a clip that shows one action long enough for a window. */
export interface Shown extends Segment {
  /** What the judge sees of the whole clip. */
  readonly rows: Float32Array;
}

/** The segments of clips that have an action and at least `frames` frames. */
export const shownIn = (clips: readonly LabelledClip[], frames: number): Shown[] =>
  clips.flatMap(({ clip, segments }) => {
    const long = segments.filter(({ start, end, label }) => label >= 0 && end - start >= frames);
    if (long.length === 0) return [];
    const rows = judgedRows(clip);
    return long.map((segment) => ({ ...segment, rows }));
  });

/** The window of `frames` frames that begins at `start`. */
export const windowAt = (rows: Float32Array, start: number, frames: number): Float32Array =>
  rows.subarray(start * JUDGED, (start + frames) * JUDGED);

/** Mean and deviation of each number over the frames of segments; at least 1 mm or a 1000th of a radian. */
export function scaleOf(shown: readonly Shown[]): { mean: number[]; deviation: number[] } {
  const [sum, squares] = [new Float64Array(JUDGED), new Float64Array(JUDGED)];
  let frames = 0;
  const each = (visit: (value: number, place: number) => void) => {
    for (const { rows, start, end } of shown)
      for (let at = start * JUDGED; at < end * JUDGED; at++) visit(rows[at], at % JUDGED);
  };
  for (const { start, end } of shown) frames += end - start;
  each((value, place) => (sum[place] += value));
  const mean = Array.from(sum, (total) => total / frames);
  each((value, place) => (squares[place] += (value - mean[place]) ** 2));
  return { mean, deviation: Array.from(squares, (total) => Math.max(1e-3, Math.sqrt(total / frames))) };
}
