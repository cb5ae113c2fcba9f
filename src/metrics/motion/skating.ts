import { BODY_NAMES, framesOf, JOINT_NUMBERS, type Joints } from "../../motion/index.js";

const TOES = ["leftFoot", "rightFoot"].map((name) => BODY_NAMES.indexOf(name));
/** Metres above the floor below which a toe stands. */
const HEIGHT = 0.05;
/** Metres a second over the floor above which a standing toe slides. */
const SPEED = 0.5;
const AROUND = 2;

/**
 * Foot skating ratio: the share of the ways from frame to frame on which a foot slides. A foot slides where its toe is
 * below 0.05 m in both frames and its speed over the floor is above 0.5 m/s, both on this way and in the mean of five
 * ways around it (where the motion ends, ways beyond count as standing still).
 * @param joints [T, 22, 3], metres, the floor at y = 0, T ≥ 2.
 * @throws RangeError for numbers that are no whole frames, one frame alone, or a rate that is not positive.
 */
export function footSkating(joints: Joints, fps: number): number {
  const ways = framesOf(joints) - 1;
  if (ways < 1) throw new RangeError("Skating needs two frames at least, not 1.");
  if (!(fps > 0 && fps < Infinity)) throw new RangeError(`Frames a second must be a positive number, not ${fps}.`);
  const sliding = new Uint8Array(ways);
  for (const toe of TOES) {
    const at = (frame: number, axis: number) => joints[frame * JOINT_NUMBERS + 3 * toe + axis];
    const speeds = Float64Array.from(
      { length: ways },
      (_, t) => fps * Math.hypot(at(t + 1, 0) - at(t, 0), at(t + 1, 2) - at(t, 2)),
    );
    for (let t = 0; t < ways; t++) {
      const low = at(t, 1) < HEIGHT && at(t + 1, 1) < HEIGHT;
      const around = speeds.subarray(Math.max(0, t - AROUND), t + AROUND + 1);
      const mean = around.reduce((sum, speed) => sum + speed, 0) / (2 * AROUND + 1);
      if (low && speeds[t] > SPEED && mean > SPEED) sliding[t] = 1;
    }
  }
  return sliding.reduce((sum, slides) => sum + slides, 0) / ways;
}
