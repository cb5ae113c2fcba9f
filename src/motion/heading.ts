import type { Vector } from "./rotations.js";
import { BODY_NAMES } from "./skeleton.js";

const [LEFT_HIP, RIGHT_HIP, LEFT_SHOULDER, RIGHT_SHOULDER] = [
  "leftHip",
  "rightHip",
  "leftShoulder",
  "rightShoulder",
].map((name) => BODY_NAMES.indexOf(name));

/** Metres across the body, seen from above, below which rounding would choose the heading. */
const FLAT = 1e-3;

/**
 * Where the body looks: upward × across, with across = (right hip − left hip) + (right shoulder − left shoulder).
 * Radians, 0 along +z and growing to the left (+x); `otherwise` where it lies on its side.
 */
export function headingOf(joint: (index: number) => Readonly<Vector>, otherwise: number): number {
  const across = (axis: 0 | 2) =>
    joint(RIGHT_HIP)[axis] - joint(LEFT_HIP)[axis] + joint(RIGHT_SHOULDER)[axis] - joint(LEFT_SHOULDER)[axis];
  const [x, z] = [across(2), -across(0)];
  return Math.hypot(x, z) < FLAT ? otherwise : Math.atan2(x, z);
}

/** The same angle in [−π, π]. */
export const wrap = (radians: number): number => Math.atan2(Math.sin(radians), Math.cos(radians));
