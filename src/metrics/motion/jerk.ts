import { framesOf, JOINT_NUMBERS, type Joints } from "../../motion/index.js";

/** Mean jerk of real motion at each data set's frame rate: what {@link jerkArea} compares with in the papers. */
export const REAL_JERK = { humanml3d: 0.033, babel: 0.0164 } as const;

/**
 * How abruptly a motion moves: of each four frames that follow each other, the largest over the joints of
 * |x| + |y| + |z| of p₃ − 3 p₂ + 3 p₁ − p₀, metres a frame³: [T − 3].
 * @param joints [T, 22, 3] in the world, metres, T ≥ 4.
 * @throws RangeError for numbers that are no whole frames, or fewer than four.
 */
export function jerk(joints: Joints): Float64Array {
  const frames = framesOf(joints);
  if (frames < 4) throw new RangeError(`A jerk needs four frames at least, not ${frames}.`);
  return Float64Array.from({ length: frames - 3 }, (_, frame) => {
    let most = 0;
    for (let at = frame * JOINT_NUMBERS; at < (frame + 1) * JOINT_NUMBERS; at += 3) {
      let sum = 0;
      for (let i = at; i < at + 3; i++) {
        const [a, b, c, d] = [0, 1, 2, 3].map((later) => joints[i + later * JOINT_NUMBERS]);
        sum += Math.abs(d - 3 * c + 3 * b - a);
      }
      most = Math.max(most, sum);
    }
    return most;
  });
}

/** The mean of several motions' jerks, place by place. @throws RangeError where there are none, or lengths differ. */
export function meanJerk(jerks: readonly Float64Array[]): Float64Array {
  if (jerks.length === 0) throw new RangeError("There is no jerk to take the mean of.");
  const [{ length }] = jerks;
  const other = jerks.find((one) => one.length !== length);
  if (other)
    throw new RangeError(`Jerks of ${length} and ${other.length} places have no mean: cut windows of one length.`);
  return Float64Array.from({ length }, (_, at) => jerks.reduce((sum, one) => sum + one[at], 0) / jerks.length);
}

/** Peak jerk (PJ): the largest of a window, metres a frame³. */
export const peakJerk = (window: Float64Array): number => window.reduce((most, value) => Math.max(most, value), 0);

/** Area under the jerk (AUJ): how far a window's jerks are from real motion's mean, summed; see {@link REAL_JERK}. */
export const jerkArea = (window: Float64Array, real: number): number =>
  window.reduce((sum, value) => sum + Math.abs(value - real), 0);

/**
 * The `window` frames around a boundary, half of them before it: [window, 22, 3].
 * @param boundary The first frame of what follows.
 * @throws RangeError where the window is odd or reaches beyond the motion.
 */
export function aroundBoundary<J extends Joints>(joints: J, boundary: number, window = 60): J {
  const frames = framesOf(joints);
  const first = boundary - window / 2;
  if (!Number.isInteger(first) || first < 0 || first + window > frames)
    throw new RangeError(
      `A window of ${window} frames around the boundary at ${boundary} does not lie within ${frames} frames.`,
    );
  return joints.slice(first * JOINT_NUMBERS, (first + window) * JOINT_NUMBERS) as J;
}

/**
 * What boundaries between parts of motions do: peak and area of the mean jerk in windows around all of them.
 * @param real Mean jerk of real motion; see {@link REAL_JERK}.
 * @throws RangeError where there is no boundary, or a window reaches beyond its motion.
 */
export function boundaryJerk(
  motions: readonly { joints: Joints; boundaries: readonly number[] }[],
  { window = 60, real }: { window?: number; real: number },
): { peak: number; area: number } {
  const jerks = motions.flatMap(({ joints, boundaries }) =>
    boundaries.map((boundary) => jerk(aroundBoundary(joints, boundary, window))),
  );
  const mean = meanJerk(jerks);
  return { peak: peakJerk(mean), area: jerkArea(mean, real) };
}
