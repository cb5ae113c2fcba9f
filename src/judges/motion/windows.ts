import type { LabelledClip, Segment } from "../../data/motion-dataset.js";
import { BODY_FEATURES, type Clip, onBody, toFeatures } from "../../motion/index.js";
import { JUDGED } from "./shape.js";

/** What the judge sees of a clip on the body of 22 joints: the first 67 features of each frame, [T, 67]. */
export function judgedRows(clip: Clip): Float32Array {
  const all = toFeatures(onBody(clip));
  const rows = new Float32Array(clip.frames * JUDGED);
  for (let t = 0; t < clip.frames; t++)
    rows.set(all.subarray(t * BODY_FEATURES, t * BODY_FEATURES + JUDGED), t * JUDGED);
  return rows;
}

/** A stretch of a clip that shows one action long enough for a window. */
export interface Shown extends Segment {
  readonly clip: Clip;
  /** What the judge sees of the whole clip. */
  readonly rows: Float32Array;
}

/** Segments that have an action and at least `frames` frames. */
export const longEnough = (segments: readonly Segment[], frames: number): Segment[] =>
  segments.filter(({ start, end, label }) => label >= 0 && end - start >= frames);

/** The segments of clips that are long enough. */
export const shownIn = (clips: readonly LabelledClip[], frames: number): Shown[] =>
  clips.flatMap(({ clip, segments }) => {
    const long = longEnough(segments, frames);
    if (long.length === 0) return [];
    const rows = judgedRows(clip);
    return long.map((segment) => ({ ...segment, clip, rows }));
  });

/** Windows of `frames` frames, each from its own start, [N, frames, 67]. */
export function windowsOf(
  items: readonly Pick<Shown, "rows">[],
  starts: readonly number[],
  frames: number,
): Float32Array {
  const windows = new Float32Array(items.length * frames * JUDGED);
  for (const [i, { rows }] of items.entries()) windows.set(windowAt(rows, starts[i], frames), i * frames * JUDGED);
  return windows;
}

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
