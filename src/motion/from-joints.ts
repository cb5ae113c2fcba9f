import type { Clip } from "./clip.js";
import { fromHumanml, HUMANML_FEATURES, HUMANML_PARTS } from "./humanml.js";
import { framesOf, type Joints, jointAt } from "./humanml-joints.js";
import { offsetOf } from "./kinematics.js";
import {
  between,
  dot,
  fromSix,
  inverse,
  multiply,
  normalize,
  type Quaternion,
  rotate,
  type Vector,
} from "./rotations.js";
import { BODY, BODY_NAMES, BODY_PARENTS } from "./skeleton.js";

const [PELVIS, CHEST] = [0, 9];
const CHILDREN = BODY_NAMES.map((_, joint) => BODY_PARENTS.flatMap((parent, child) => (parent === joint ? child : [])));
/** Of joints with several bones: the one that goes up, and those to the left and to the right. */
const FRAMES: Readonly<Record<number, readonly [up: number, left: number, right: number]>> = {
  [PELVIS]: [3, 1, 2],
  [CHEST]: [12, 13, 14],
};
const LEGS = [
  [1, 4, 7],
  [2, 5, 8],
];

const minus = (a: Vector, b: Vector): Vector => [a[0] - b[0], a[1] - b[1], a[2] - b[2]];
const middle = (a: Vector, b: Vector): Vector => [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2, (a[2] + b[2]) / 2];

/** Lengths of the two legs together, from hip to ankle. */
const legsOf = (place: (joint: number) => Vector): number =>
  LEGS.reduce(
    (sum, [hip, knee, ankle]) =>
      sum + Math.hypot(...minus(place(hip), place(knee))) + Math.hypot(...minus(place(knee), place(ankle))),
    0,
  );
const BODY_LEGS = LEGS.flatMap(([, knee, ankle]) => [knee, ankle]).reduce(
  (sum, joint) => sum + Math.hypot(...offsetOf(BODY, joint)),
  0,
);
const HIPS_BELOW_ROOT = middle(offsetOf(BODY, LEGS[0][0]), offsetOf(BODY, LEGS[1][0]));

/**
 * The body of 22 joints in the poses of joints: every bone has its direction in the world, with the least twist, the
 * body keeps its own lengths, and the root's way is scaled by the ratio of the legs.
 * @param joints [T, 22, 3], metres, y up.
 */
export function fromJoints(joints: Joints, { fps, contacts = null }: Pick<Clip, "fps"> & Partial<Clip>): Clip {
  const frames = framesOf(joints);
  const count = BODY_NAMES.length;
  const rotations = new Float32Array(frames * count * 4);
  const root = new Float32Array(frames * 3);
  const scale = BODY_LEGS / (legsOf((joint) => jointAt(joints, 0, joint)) || BODY_LEGS);
  for (let frame = 0; frame < frames; frame++) {
    const place = (joint: number): Vector => jointAt(joints, frame, joint);
    const world: Quaternion[] = [];
    for (let joint = 0; joint < count; joint++) {
      const parent = BODY_PARENTS[joint];
      world.push(worldOf(joint, parent < 0 ? [0, 0, 0, 1] : world[parent], place));
      const local = parent < 0 ? world[joint] : normalize(multiply(inverse(world[parent]), world[joint]));
      const at = 4 * (frame * count + joint);
      // The same side of the sphere as the frame before, so that numbers in between are between
      const flip = frame > 0 && dot(local, rotations.subarray(at - 4 * count, at - 4 * count + 4)) < 0;
      rotations.set(flip ? local.map((value) => -value) : local, at);
    }
    const hips = middle(place(LEGS[0][0]), place(LEGS[1][0]));
    const below = rotate(world[0], HIPS_BELOW_ROOT);
    for (let axis = 0; axis < 3; axis++) root[3 * frame + axis] = scale * hips[axis] - below[axis];
  }
  return { skeleton: BODY, fps, frames, rotations, root, contacts };
}

/** How a joint is turned in the world, by where its bones lead. */
function worldOf(joint: number, parent: Quaternion, place: (joint: number) => Vector): Quaternion {
  const frame = FRAMES[joint];
  if (frame) {
    const [up, left, right] = frame;
    return fromSix([...minus(place(left), place(right)), ...minus(place(up), place(joint))]);
  }
  const [child] = CHILDREN[joint];
  if (child === undefined) return parent;
  const now = rotate(parent, offsetOf(BODY, child));
  return normalize(multiply(between(now, minus(place(child), place(joint))), parent));
}

/** The body in the poses of HumanML3D's features, [T, 263], with their contacts. */
export function humanmlClip(rows: Joints, { fps }: Pick<Clip, "fps">): Clip {
  const [first, end] = HUMANML_PARTS.contacts;
  const contacts = Uint8Array.from({ length: (rows.length / HUMANML_FEATURES) * (end - first) }, (_, i) => {
    const frame = Math.floor(i / (end - first));
    return rows[frame * HUMANML_FEATURES + first + (i % (end - first))] > 0.5 ? 1 : 0;
  });
  return fromJoints(fromHumanml(rows), { fps, contacts });
}
