import type { Clip } from "./clip.js";
import { offsetOf } from "./kinematics.js";
import {
  between,
  cross,
  dot,
  fromMatrix,
  inverse,
  type Matrix,
  multiply,
  type Quaternion,
  rotate,
  type Vector,
} from "./rotations.js";
import { BODY, BODY_NAMES, BODY_PARENTS } from "./skeleton.js";

const index = (name: string): number => BODY_NAMES.indexOf(name);
/** The joint that each joint's bone points to; joints with none turn as their parents. */
const TIPS = new Map(
  [
    ["spine1", "spine2"],
    ["spine2", "spine3"],
    ["neck", "head"],
    ...["left", "right"].flatMap((side) =>
      ["Hip Knee", "Knee Ankle", "Ankle Foot", "Collar Shoulder", "Shoulder Elbow", "Elbow Wrist"].map((pair) =>
        pair.split(" ").map((name) => side + name),
      ),
    ),
  ].map(([from, to]) => [index(from), index(to)]),
);
/** Joints of which three places tell the whole turn: what lies left and right of them, and above. */
const FRAMES = new Map(
  [
    ["pelvis", "leftHip", "rightHip", "spine1"],
    ["spine3", "leftShoulder", "rightShoulder", "neck"],
  ].map(([joint, ...others]) => [index(joint), others.map(index)]),
);

/**
 * The body in the places of its joints [T, 22, 3], metres, y up: every bone points as between the places, pelvis and
 * chest turn as hips and shoulders do; other turns about a bone's own axis are not told by places, and are as small as
 * can be. The body keeps its own lengths, and the root's way is scaled by the ratio of the legs.
 * @throws RangeError where legs have no length, or a number is none
 */
export function fitBody(places: ArrayLike<number>, fps: number): Clip {
  const joints = BODY_NAMES.length;
  const frames = places.length / (3 * joints);
  if (!Number.isInteger(frames) || frames < 1)
    throw new RangeError(`Places of ${joints} joints are ${3 * joints} numbers a frame, got ${places.length} in all.`);
  const bad = Array.from(places).findIndex((value) => !Number.isFinite(value));
  if (bad >= 0) throw new RangeError(`Frame ${Math.floor(bad / (3 * joints))} has a place that is no number.`);
  const at = (frame: number, joint: number): Vector => {
    const i = 3 * (frame * joints + joint);
    return [places[i], places[i + 1], places[i + 2]];
  };
  const scale = scaleOf((joint) => at(0, joint));
  const rotations = new Float32Array(frames * joints * 4);
  const root = new Float32Array(frames * 3);
  for (let frame = 0; frame < frames; frame++) {
    const world: Quaternion[] = [];
    for (const [joint, parent] of BODY_PARENTS.entries()) {
      const before: Quaternion = parent < 0 ? [0, 0, 0, 1] : world[parent];
      const tip = TIPS.get(joint);
      const three = FRAMES.get(joint);
      if (three)
        world.push(
          frameOf(
            at(frame, joint),
            three.map((one) => at(frame, one)),
            joint,
          ),
        );
      else if (tip === undefined) world.push(before);
      else {
        const bone = minus(at(frame, tip), at(frame, joint));
        world.push(multiply(between(rotate(before, offsetOf(BODY, tip)), bone), before));
      }
      const local = parent < 0 ? world[joint] : multiply(inverse(before), world[joint]);
      const to = 4 * (frame * joints + joint);
      const flip = frame > 0 && dot(local, rotations.subarray(to - 4 * joints, to - 4 * joints + 4)) < 0;
      rotations.set(flip ? local.map((value) => -value) : local, to);
    }
    root.set(
      at(frame, 0).map((value) => scale * value),
      3 * frame,
    );
  }
  return { skeleton: BODY, fps, frames, rotations, root, contacts: null };
}

const minus = (a: Vector, b: Vector): Vector => [a[0] - b[0], a[1] - b[1], a[2] - b[2]];
const unit = (v: Vector): Vector => {
  const length = Math.hypot(...v);
  return length > 0 ? (v.map((value) => value / length) as Vector) : v;
};

/** How the joint turns, from where its left, its right and its upper neighbour are. */
function frameOf(place: Vector, [left, right, above]: Vector[], joint: number): Quaternion {
  const basis = (from: Vector, across: Vector, up: Vector): Quaternion => {
    const x = unit(across);
    const along = dot(x, minus(up, from));
    const y = unit(minus(up, from).map((value, axis) => value - along * x[axis]) as Vector);
    const z = cross(x, y);
    return fromMatrix([x[0], y[0], z[0], x[1], y[1], z[1], x[2], y[2], z[2]] as Matrix);
  };
  const rest = REST[joint];
  return multiply(basis(place, minus(left, right), above), inverse(basis(rest.from, rest.across, rest.up)));
}

/** The same of the body at rest, seen from the joint. */
const REST: Record<number, { from: Vector; across: Vector; up: Vector }> = Object.fromEntries(
  [...FRAMES].map(([joint, [, , up]]) => [joint, { from: [0, 0, 0], across: [1, 0, 0], up: offsetOf(BODY, up) }]),
);

function scaleOf(place: (joint: number) => Vector): number {
  const bones = ["leftHip leftKnee", "leftKnee leftAnkle", "rightHip rightKnee", "rightKnee rightAnkle"].map((pair) =>
    pair.split(" ").map(index),
  );
  const [own, theirs] = bones.reduce(
    ([a, b], [from, to]) => [a + Math.hypot(...offsetOf(BODY, to)), b + Math.hypot(...minus(place(to), place(from)))],
    [0, 0],
  );
  if (!(theirs > 0))
    throw new RangeError("The legs have no length in the first frame, so nothing says the body's size.");
  return own / theirs;
}
