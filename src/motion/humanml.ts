import { wrap } from "./heading.js";
import {
  bonesOf,
  framesOf,
  HUMANML_SKELETON,
  headingsOf,
  JOINT_NUMBERS,
  type Joints,
  jointAt,
  placeBones,
} from "./humanml-joints.js";
import { CONTACT_JOINTS } from "./kinematics.js";
import { COLUMNS, PLACE, rowMirror } from "./mirror-rows.js";
import { fromSix, type Quaternion, rotate, toSix, type Vector, yaw } from "./rotations.js";
import { requireRows } from "./rows.js";
import { BODY_NAMES, type Skeleton } from "./skeleton.js";

/** Numbers of a frame of HumanML3D: see {@link HUMANML_PARTS}. */
export const HUMANML_FEATURES = 263;

/**
 * HumanML3D's numbers of a frame at 20 fps, each part from its first place to the one after its last. The heading is
 * smoothed over time, so a frame needs all others.
 *
 * - `turn`: half the angle by which the turn back to +z grows on the way out of this frame, radians.
 * - `travel`: the root's way to the next frame over the floor, x and z in metres, seen in the next frame's heading.
 * - `height`: the root above the floor, metres.
 * - `positions`: joints 1 … 21 seen from the root's place on the floor in this frame's heading, metres, [21, 3].
 * - `rotations`: the bones' rotations without their twist, by their chains, [21, 6]; no rotations of a body's joints.
 * - `velocities`: the joints' ways to the next frame in this frame's heading, metres a frame, [22, 3].
 * - `contacts`: 1 where left ankle, left foot, right ankle, right foot go less than √0.002 m to the next frame.
 */
export const HUMANML_PARTS = {
  turn: [0, 1],
  travel: [1, 3],
  height: [3, 4],
  positions: [4, 67],
  rotations: [67, 193],
  velocities: [193, 259],
  contacts: [259, 263],
} as const;

const { positions: POSITIONS, rotations: ROTATIONS, velocities: VELOCITIES, contacts: CONTACTS } = HUMANML_PARTS;
const JOINTS = BODY_NAMES.length;

/**
 * HumanML3D's features of joints at 20 fps that `toUniform` and `toStart` have prepared: T frames give [T − 1, 263].
 * Where the heading crosses −z they take the short way round; the published ones turn the other way there.
 * @param joints [T, 22, 3], T ≥ 2, metres, y up.
 * @throws RangeError for numbers that are no whole frames, or one frame alone.
 */
export function toHumanml(joints: Joints): Float64Array {
  const rows = framesOf(joints) - 1;
  if (rows < 1)
    throw new RangeError("HumanML3D's features need two frames at least: each row leads to the next frame.");
  const headings = headingsOf(joints, true);
  const out = new Float64Array(rows * HUMANML_FEATURES);
  for (let frame = 0; frame < rows; frame++) {
    const row = out.subarray(frame * HUMANML_FEATURES, (frame + 1) * HUMANML_FEATURES);
    const back = yaw(-headings[frame]);
    const root = jointAt(joints, frame, 0);
    const ways = BODY_NAMES.map((_, joint) => {
      const [from, to] = [jointAt(joints, frame, joint), jointAt(joints, frame + 1, joint)];
      return [to[0] - from[0], to[1] - from[1], to[2] - from[2]] as Vector;
    });
    const [travelX, , travelZ] = rotate(yaw(-headings[frame + 1]), ways[0]);
    row.set([-wrap(headings[frame + 1] - headings[frame]) / 2, travelX, travelZ, root[1]]);
    const bones = bonesOf(joints, frame, headings[frame]);
    for (let joint = 0; joint < JOINTS; joint++) {
      row.set(rotate(back, ways[joint]), VELOCITIES[0] + 3 * joint);
      if (joint === 0) continue;
      const [x, y, z] = jointAt(joints, frame, joint);
      row.set(rotate(back, [x - root[0], y, z - root[2]]), POSITIONS[0] + 3 * (joint - 1));
      row.set(toSix(bones[joint]), ROTATIONS[0] + 6 * (joint - 1));
    }
    for (const [i, joint] of CONTACT_JOINTS.entries()) {
      const [x, y, z] = ways[joint];
      row[CONTACTS[0] + i] = x * x + y * y + z * z < 0.002 ? 1 : 0;
    }
  }
  return out;
}

/** The heading and the root's place of each row, from the first row's own at the origin. */
function* placesOf(rows: Joints): Generator<{ row: Joints; frame: number; heading: number; root: Vector }> {
  const frames = requireRows(rows, HUMANML_FEATURES);
  let [heading, x, z] = [0, 0, 0];
  for (let frame = 0; frame < frames; frame++) {
    const row = rows.subarray(frame * HUMANML_FEATURES, (frame + 1) * HUMANML_FEATURES);
    if (frame > 0) {
      const before = (frame - 1) * HUMANML_FEATURES;
      heading -= 2 * rows[before];
      const [dx, , dz] = rotate(yaw(heading), [rows[before + 1], 0, rows[before + 2]]);
      x += dx;
      z += dz;
    }
    yield { row, frame, heading, root: [x, row[3], z] };
  }
}

/**
 * Where the joints of features stand, [T, 22, 3], by `positions`: the first frame's root above the origin.
 * @param rows [T, 263].
 */
export function fromHumanml(rows: Joints): Float64Array {
  const out = new Float64Array((rows.length / HUMANML_FEATURES) * JOINT_NUMBERS);
  for (const { row, frame, heading, root } of placesOf(rows)) {
    out.set(root, frame * JOINT_NUMBERS);
    for (let joint = 1; joint < JOINTS; joint++) {
      const at = POSITIONS[0] + 3 * (joint - 1);
      const [x, y, z] = rotate(yaw(heading), [row[at], row[at + 1], row[at + 2]]);
      out.set([x + root[0], y, z + root[2]], frame * JOINT_NUMBERS + 3 * joint);
    }
  }
  return out;
}

/**
 * Where the joints of features stand, [T, 22, 3], by `rotations` on a skeleton's bones.
 * @param rows [T, 263].
 * @param skeleton With HumanML3D's directions at rest.
 */
export function fromHumanmlRotations(rows: Joints, skeleton: Skeleton = HUMANML_SKELETON): Float64Array {
  const out = new Float64Array((rows.length / HUMANML_FEATURES) * JOINT_NUMBERS);
  for (const { row, frame, heading, root } of placesOf(rows)) {
    const local: Quaternion[] = BODY_NAMES.map((_, joint) => {
      const at = ROTATIONS[0] + 6 * (joint - 1);
      return joint === 0 ? [0, 0, 0, 1] : fromSix(row.subarray(at, at + 6));
    });
    placeBones(out, frame, skeleton, local, heading, root);
  }
  return out;
}

/** The features of the mirrored motion, [T, 263]. */
export const mirrorHumanml = rowMirror(
  HUMANML_FEATURES,
  [
    { first: POSITIONS[0], from: 1, signs: PLACE },
    { first: ROTATIONS[0], from: 1, signs: COLUMNS },
    { first: VELOCITIES[0], from: 0, signs: PLACE },
  ],
  CONTACTS[0],
);
