import type { Clip } from "./clip.js";
import { multiply, type Quaternion, rotate, type Vector } from "./rotations.js";
import { BODY_NAMES, type Skeleton } from "./skeleton.js";

/** The joints that touch the floor, in the order of a clip's contacts: left ankle, left foot, right ankle, right foot. */
export const CONTACT_JOINTS: readonly number[] = ["leftAnkle", "leftFoot", "rightAnkle", "rightFoot"].map((name) =>
  BODY_NAMES.indexOf(name),
);

/** Metres a second below which a foot counts as standing: HumanML3D's √0.002 m from a frame to the next at 20 fps. */
export const CONTACT_SPEED = Math.sqrt(0.002) * 20;

/** Every joint of one pose in the world. */
export interface Pose {
  /** [J, 4] */
  readonly rotations: readonly Quaternion[];
  /** [J, 3], metres. */
  readonly positions: readonly Vector[];
}

/** Forward kinematics of frame `frame`. */
export function poseAt({ skeleton, rotations, root }: Clip, frame: number): Pose {
  const [quaternions, positions]: [Quaternion[], Vector[]] = [[], []];
  const joints = skeleton.parents.length;
  for (let joint = 0; joint < joints; joint++) {
    const at = 4 * (frame * joints + joint);
    const local: Quaternion = [rotations[at], rotations[at + 1], rotations[at + 2], rotations[at + 3]];
    const parent = skeleton.parents[joint];
    if (parent < 0) {
      quaternions.push(local);
      positions.push([root[3 * frame], root[3 * frame + 1], root[3 * frame + 2]]);
      continue;
    }
    const bone = rotate(quaternions[parent], offsetOf(skeleton, joint));
    const from = positions[parent];
    positions.push([from[0] + bone[0], from[1] + bone[1], from[2] + bone[2]]);
    quaternions.push(multiply(quaternions[parent], local));
  }
  return { rotations: quaternions, positions };
}

/** A joint's place seen from its parent at rest. */
export const offsetOf = ({ offsets }: Skeleton, joint: number): Vector => [
  offsets[3 * joint],
  offsets[3 * joint + 1],
  offsets[3 * joint + 2],
];

/** Where every joint is in the world: [T, J, 3], metres. */
export const positionsOf = (clip: Clip): Float32Array => everyPose(clip, 3, ({ positions }) => positions);

/** How every joint is turned in the world: [T, J, 4], quaternions x, y, z, w. */
export const worldRotations = (clip: Clip): Float32Array => everyPose(clip, 4, ({ rotations }) => rotations);

function everyPose(clip: Clip, size: number, part: (pose: Pose) => readonly (readonly number[])[]): Float32Array {
  const joints = clip.skeleton.parents.length;
  requireLengths(clip, joints);
  const values = new Float32Array(clip.frames * joints * size);
  for (let frame = 0; frame < clip.frames; frame++)
    for (const [joint, numbers] of part(poseAt(clip, frame)).entries())
      values.set(numbers, (frame * joints + joint) * size);
  return values;
}

function requireLengths({ frames, rotations, root }: Clip, joints: number): void {
  if (rotations.length === frames * joints * 4 && root.length === frames * 3) return;
  throw new RangeError(
    `A clip of ${frames} frames and ${joints} joints has ${frames * joints * 4} numbers for its rotations and ` +
      `${frames * 3} for its root, not ${rotations.length} and ${root.length}.`,
  );
}

/**
 * Which of the four {@link CONTACT_JOINTS} stand on the floor, [T, 4]: those slower than {@link CONTACT_SPEED} on the
 * way into the frame, by HumanML3D's rule, which asks for no height. The first frame is as the second; a single one
 * stands. For clips on the body of 22 joints.
 */
export function contactsOf(clip: Clip): Uint8Array {
  requireBody(clip.skeleton);
  return contactsFrom(positionsOf(clip), clip.frames, clip.fps);
}

/** {@link contactsOf} of joints' places [T, 22, 3] in metres. */
export function contactsFrom(positions: ArrayLike<number>, frames: number, fps: number): Uint8Array {
  const contacts = new Uint8Array(frames * 4);
  const width = BODY_NAMES.length * 3;
  const limit = (CONTACT_SPEED / fps) ** 2;
  for (let frame = 0; frame < frames; frame++) {
    const now = Math.min(Math.max(frame, 1), frames - 1);
    const before = Math.max(now - 1, 0);
    for (const [i, joint] of CONTACT_JOINTS.entries()) {
      let squared = 0;
      for (let axis = 3 * joint; axis < 3 * joint + 3; axis++)
        squared += (positions[now * width + axis] - positions[before * width + axis]) ** 2;
      contacts[4 * frame + i] = squared < limit ? 1 : 0;
    }
  }
  return contacts;
}

/** @throws RangeError unless the skeleton has the body's 22 joints in their order, of any lengths. */
export function requireBody(skeleton: Skeleton): void {
  const other = BODY_NAMES.findIndex((name, joint) => skeleton.names[joint] !== name);
  if (other < 0 && skeleton.names.length === BODY_NAMES.length) return;
  throw new RangeError(
    `This needs the body of ${BODY_NAMES.length} joints, not a skeleton of ${skeleton.names.length}` +
      `${other < 0 ? "" : ` whose joint ${other} is "${skeleton.names[other]}", not "${BODY_NAMES[other]}"`}. ` +
      "Bring the motion to the body first.",
  );
}
