import { type Features, features } from "../features.js";

/** Clips of motion or sound, each [T, dim] row by row. */
export type Rows = ArrayLike<number>;

/** How many frames a clip has. @throws RangeError where it has fewer than `least`, or no whole ones */
export function framesIn(clip: Rows, dim: number, least = 1): number {
  const frames = clip.length / dim;
  if (Number.isInteger(frames) && frames >= least) return frames;
  throw new RangeError(
    `A clip of rows of ${dim} numbers needs ${least} of them at least; it has ${clip.length} numbers.`,
  );
}

/** The frames of all clips as one set, [n, dim]. @throws RangeError for no whole rows, or what is not finite */
export function framesOf(clips: readonly Rows[], dim: number): Features {
  const all = new Float32Array(clips.reduce((sum, clip) => sum + clip.length, 0));
  let at = 0;
  for (const clip of clips) {
    framesIn(clip, dim);
    all.set(clip, at);
    at += clip.length;
  }
  return features(all, dim);
}

/** How fast each number changes from a frame to the next, [T − 1, dim] a second. @throws RangeError for a single frame */
export function velocityOf(clip: Rows, dim: number, fps: number): Float32Array {
  const frames = framesIn(clip, dim, 2);
  return Float32Array.from({ length: (frames - 1) * dim }, (_, at) => fps * (clip[at + dim] - clip[at]));
}

/** The velocities of all clips as one set, a second; none reaches from one clip to the next. */
export const velocitiesOf = (clips: readonly Rows[], dim: number, fps: number): Features =>
  framesOf(
    clips.map((clip) => velocityOf(clip, dim, fps)),
    dim,
  );

/** Length of the velocity over the columns [from, to) of a row, [T] a second; the first frame is as the second. */
export function energyOf(
  clip: Rows,
  dim: number,
  { fps, from = 0, to = dim }: { fps: number; from?: number; to?: number },
): Float64Array {
  const frames = framesIn(clip, dim, 2);
  const energy = new Float64Array(frames);
  for (let frame = 1; frame < frames; frame++) {
    let squares = 0;
    for (let i = from; i < to; i++) squares += (clip[frame * dim + i] - clip[(frame - 1) * dim + i]) ** 2;
    energy[frame] = fps * Math.sqrt(squares);
  }
  energy[0] = energy[1];
  return energy;
}

/** The mean over a window of `width` frames around each; at the ends, over what there is of it. */
export function smooth(values: Rows, width: number): Float64Array {
  const [before, after] = [Math.floor((width - 1) / 2), Math.floor(width / 2)];
  return Float64Array.from({ length: values.length }, (_, at) => {
    const [from, to] = [Math.max(0, at - before), Math.min(values.length - 1, at + after)];
    let sum = 0;
    for (let i = from; i <= to; i++) sum += values[i];
    return sum / (to - from + 1);
  });
}

/** Variance over the square of the mean at which numbers are all the same, but for rounding. */
const STILL = 1e-20;

/** Pearson's correlation of `count` values of each, from places `a0` and `b0` on; 0 where one does not vary. */
export function correlation(
  a: Rows,
  b: Rows,
  { a0 = 0, b0 = 0, count = a.length - a0 }: { a0?: number; b0?: number; count?: number } = {},
): number {
  let [meanA, meanB] = [0, 0];
  for (let i = 0; i < count; i++) {
    meanA += a[a0 + i] / count;
    meanB += b[b0 + i] / count;
  }
  let [both, first, second] = [0, 0, 0];
  for (let i = 0; i < count; i++) {
    const [x, y] = [a[a0 + i] - meanA, b[b0 + i] - meanB];
    both += x * y;
    first += x * x;
    second += y * y;
  }
  // What does not change has squares of rounding only, which say nothing
  const changes = (squares: number, mean: number) => squares > STILL * count * mean * mean;
  return changes(first, meanA) && changes(second, meanB) ? both / Math.sqrt(first * second) : 0;
}
