import { BODY, BODY_NAMES, type Skeleton } from "../../../motion/index.js";
import { offsetOf } from "../../../motion/kinematics.js";
import type { Vector } from "../../../motion/rotations.js";

export const JOINT: Readonly<Record<string, number>> = Object.fromEntries(BODY_NAMES.map((name, i) => [name, i]));

/** Left is 0, right is 1. */
export type Side = 0 | 1;
export const SIDES = ["left", "right"] as const;
/** Which way a side is along +x. */
export const signOf = (side: Side): 1 | -1 => (side === 0 ? 1 : -1);

/** A body of some size, with the lengths that its legs are solved by; metres. */
export interface Body {
  readonly skeleton: Skeleton;
  readonly scale: number;
  readonly thigh: number;
  readonly shin: number;
  /** From the pelvis to each hip, at rest. */
  readonly hips: readonly [Vector, Vector];
  /** From an ankle to the foot's joint, at rest. */
  readonly foot: readonly [Vector, Vector];
  /** Height of the ankles where the sole is flat on the floor. */
  readonly ankle: number;
  /** Height of the pelvis over straight legs on flat feet. */
  readonly height: number;
}

/** Height of the ankles of BODY over the floor. */
const ANKLE = 0.08;

/** The body of 22 joints, `scale` times as large. */
export function bodyOf(scale: number): Body {
  const skeleton = { ...BODY, offsets: BODY.offsets.map((value) => value * scale) };
  const of = (name: string): Vector => offsetOf(skeleton, JOINT[name]);
  const length = (name: string) => Math.hypot(...of(name));
  const [thigh, shin] = [length("leftKnee"), length("leftAnkle")];
  return {
    skeleton,
    scale,
    thigh,
    shin,
    hips: [of("leftHip"), of("rightHip")],
    foot: [of("leftFoot"), of("rightFoot")],
    ankle: ANKLE * scale,
    height: ANKLE * scale + thigh + shin - of("leftHip")[1],
  };
}
