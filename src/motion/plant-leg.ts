import { offsetOf, type Pose } from "./kinematics.js";
import { added, hanging, reachLeg, scaled, unit } from "./leg.js";
import { cross, dot, inverse, multiply, type Quaternion, rotate, type Vector } from "./rotations.js";
import { BODY_NAMES, type Skeleton } from "./skeleton.js";

const legOf = (side: string) => {
  const [hip, knee, ankle, ball] = ["Hip", "Knee", "Ankle", "Foot"].map((part) => BODY_NAMES.indexOf(side + part));
  return { hip, knee, ankle, ball };
};
export const LEGS = [legOf("left"), legOf("right")] as const;

/** A leg as it is in a pose. */
export interface LegPose {
  readonly joints: (typeof LEGS)[number];
  /** Places in the world, metres. */
  readonly hip: Vector;
  readonly ankle: Vector;
  /** Turns in the world. */
  readonly thigh: Quaternion;
  readonly shin: Quaternion;
  readonly foot: Quaternion;
  /** Directions of thigh and shin, and the axis that the knee bends about, all of length 1. */
  readonly down: Vector;
  readonly below: Vector;
  readonly hinge: Vector;
  /** Lengths of thigh and shin, of both, and from hip to ankle, metres. */
  readonly bones: readonly [number, number];
  readonly length: number;
  readonly away: number;
  /** From ankle to ball, seen from the foot. */
  readonly bone: Vector;
}

/** How much the thigh's own left counts beside the plane of a bent leg, whose sine of the knee's angle counts. */
const OWN = 0.03;

export function legAt(skeleton: Skeleton, { positions, rotations }: Pose, joints: (typeof LEGS)[number]): LegPose {
  const [hip, knee, ankle] = [positions[joints.hip], positions[joints.knee], positions[joints.ankle]];
  const [down, below] = [unit(from(hip, knee)), unit(from(knee, ankle))];
  const left = rotate(rotations[joints.hip], [1, 0, 0]);
  const bend = cross(down, below);
  // A knee that is bent backward is one that would bend the other way
  const back = Math.min(0, dot(bend, left));
  const hinge = unit(added(added(bend, scaled(left, -2 * back)), scaled(left, OWN)));
  const bones = [Math.hypot(...from(hip, knee)), Math.hypot(...from(knee, ankle))] as const;
  return {
    ...{ joints, hip, ankle, down, below, hinge, bones },
    ...{ thigh: rotations[joints.hip], shin: rotations[joints.knee], foot: rotations[joints.ankle] },
    length: bones[0] + bones[1],
    away: Math.hypot(...from(hip, ankle)),
    bone: offsetOf(skeleton, joints.ball),
  };
}

/** The turns in the world of thigh and shin with the hip at `hip` and the ankle at `ankle`, which is in reach. */
export function bentLeg(leg: LegPose, hip: Vector, ankle: Vector): { thigh: Quaternion; shin: Quaternion } {
  const reached = reachLeg(hip, ankle, leg.bones[0], leg.bones[1], leg.hinge);
  const turned = (to: Quaternion, direction: Vector, turn: Quaternion) => {
    const across = unit(added(leg.hinge, scaled(direction, -dot(leg.hinge, direction))));
    return multiply(multiply(to, inverse(hanging(direction, across))), turn);
  };
  return {
    thigh: turned(reached.thigh, leg.down, leg.thigh),
    shin: turned(reached.shin, leg.below, leg.shin),
  };
}

const from = (a: Readonly<Vector>, b: Readonly<Vector>): Vector => [b[0] - a[0], b[1] - a[1], b[2] - a[2]];
