import type { WorldPose } from "../motion/recording.js";
import { rotate, type Vector } from "../motion/rotations.js";
import type { Skeleton } from "../motion/skeleton.js";

/** A bone to be drawn: a capsule that moves with a joint. */
export interface Bone {
  readonly joint: number;
  readonly from: Vector;
  readonly to: Vector;
  /** Metres. */
  readonly radius: number;
  readonly side: "left" | "right" | "middle";
}

/** Thickness by the bone's tip. */
const RADII: readonly [RegExp, number][] = [
  [/index|middle|pinky|ring|little|thumb/i, 0.01],
  [/spine|pelvis|hips|chest/i, 0.085],
  [/knee|lowerleg/i, 0.06],
  [/ankle/i, 0.045],
  [/hip|upleg/i, 0.075],
  [/neck|collar/i, 0.06],
  [/shoulder|head/i, 0.05],
  [/elbow/i, 0.042],
];
/** Thickness of the end beyond a joint without children. */
const ENDS: readonly [RegExp, number][] = [
  [/index|middle|pinky|ring|little|thumb/i, 0.008],
  [/head/i, 0.1],
];
const USUAL = 0.034;
const radiusOf = (name: string, radii = RADII): number => radii.find(([pattern]) => pattern.test(name))?.[1] ?? USUAL;

/** How far a joint without children reaches on, as a share of its own bone, and at most so many metres. */
const REACH = 0.5;
const FARTHEST = 0.12;

/** The bones of a skeleton in a pose: from each joint to each of its children, and from those without a little on. */
export function bonesOf(skeleton: Skeleton, { places, rotations }: WorldPose): Bone[] {
  const { names, parents } = skeleton;
  const bone = (joint: number, tip: string, to: Vector, radius = radiusOf(tip)): Bone => ({
    ...{ joint, from: places[joint], to, radius, side: sideOf(tip) },
  });
  return [
    ...parents.flatMap((parent, tip) => (parent < 0 ? [] : [bone(parent, names[tip], places[tip])])),
    ...leaves(parents).map((joint) => {
      const on = rotate(rotations[joint], onward(skeleton, joint));
      const end = places[joint].map((value, axis) => value + on[axis]) as Vector;
      return bone(joint, names[joint], end, radiusOf(names[joint], ENDS));
    }),
  ];
}

const leaves = (parents: readonly number[]): number[] =>
  parents.flatMap((_, joint) => (parents.includes(joint) ? [] : [joint]));

/** From a joint without children on, at rest: as its own bone points; toes along the floor. */
function onward({ names, offsets }: Skeleton, joint: number): Vector {
  const [x, y, z] = offsets.subarray(3 * joint);
  const share = Math.min(REACH, FARTHEST / Math.max(Math.hypot(x, y, z), 1e-9));
  return [share * x, /foot|toe/i.test(names[joint]) ? 0 : share * y, share * z];
}

const sideOf = (name: string): Bone["side"] => (/left/i.test(name) ? "left" : /right/i.test(name) ? "right" : "middle");
