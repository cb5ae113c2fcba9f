import { between, inverse, multiply, type Quaternion, rotate, type Vector, yaw } from "./rotations.js";
import { requireRows } from "./rows.js";
import { BODY_NAMES, BODY_PARENTS, type Skeleton } from "./skeleton.js";

/** Numbers of a frame's joints: x, y, z of all 22, metres. */
export const JOINT_NUMBERS = 3 * BODY_NAMES.length;
/** Joints of frames, [T, 22, 3]. */
export type Joints = Float32Array | Float64Array;
/** How many frames of joints these are. @throws RangeError where they are none, or no whole ones. */
export const framesOf = (joints: Joints): number => requireRows(joints, JOINT_NUMBERS, "Joints");

/** Bones one after the other, as HumanML3D goes along them; the arms begin at the chest. */
export const CHAINS: readonly (readonly number[])[] = [
  [0, 2, 5, 8, 11],
  [0, 1, 4, 7, 10],
  [0, 3, 6, 9, 12, 15],
  [9, 14, 17, 19, 21],
  [9, 13, 16, 18, 20],
];

/** Where HumanML3D's bones point at rest, and their lengths in metres: the arms hang down, the head looks ahead. */
const REST: Record<string, readonly [Vector, left: number, right?: number]> = {
  Hip: [[1, 0, 0], 0.10307, 0.10988],
  spine1: [[0, 1, 0], 0.13157],
  Knee: [[0, -1, 0], 0.39362, 0.39019],
  spine2: [[0, 1, 0], 0.14319],
  Ankle: [[0, -1, 0], 0.43243, 0.42564],
  spine3: [[0, 1, 0], 0.05736],
  Foot: [[0, 0, 1], 0.14338, 0.14942],
  neck: [[0, 1, 0], 0.21936],
  Collar: [[1, 0, 0], 0.13749, 0.14338],
  head: [[0, 0, 1], 0.10304],
  Shoulder: [[0, -1, 0], 0.13161, 0.12298],
  Elbow: [[0, -1, 0], 0.25684, 0.26309],
  Wrist: [[0, -1, 0], 0.26601, 0.26988],
};

const bones = BODY_NAMES.map((name) => {
  const [[x, y, z], left, right = left] = REST[name.replace(/left|right/, "")] ?? [[0, 0, 0], 0];
  const isRight = name.startsWith("right");
  return { direction: [isRight ? 0 - x : x, y, z] as Vector, length: isRight ? right : left };
});

const alongBones = (length: (joint: number) => number): Float32Array =>
  Float32Array.from(bones.flatMap(({ direction }, joint) => direction.map((part) => part * length(joint))));

/** The skeleton that HumanML3D's motions are brought to: its bones' lengths, along its directions at rest. */
export const HUMANML_SKELETON: Skeleton = {
  names: BODY_NAMES,
  parents: BODY_PARENTS,
  offsets: alongBones((joint) => bones[joint].length),
};

/** HumanML3D's directions at rest with the bones' lengths of the first frame. */
export function humanmlSkeletonOf(joints: Joints): Skeleton {
  framesOf(joints);
  const length = (joint: number) => {
    const [from, to] = [jointAt(joints, 0, Math.max(BODY_PARENTS[joint], 0)), jointAt(joints, 0, joint)];
    return Math.hypot(to[0] - from[0], to[1] - from[1], to[2] - from[2]);
  };
  return { ...HUMANML_SKELETON, offsets: alongBones(length) };
}

export const jointAt = (joints: ArrayLike<number>, frame: number, joint: number): Vector => {
  const at = frame * JOINT_NUMBERS + 3 * joint;
  return [joints[at], joints[at + 1], joints[at + 2]];
};

/**
 * Where a frame's body looks, x and z: the shadow of a direction of length 1. With `hips` −1 the two hips are taken for
 * one another.
 */
function forwardAt(joints: Joints, frame: number, hips: 1 | -1): [number, number] {
  const [left, right] = [jointAt(joints, frame, 1), jointAt(joints, frame, 2)];
  const [leftShoulder, rightShoulder] = [jointAt(joints, frame, 16), jointAt(joints, frame, 17)];
  const across = left.map((value, axis) => hips * (right[axis] - value) + rightShoulder[axis] - leftShoulder[axis]);
  const length = Math.hypot(...across) || 1;
  return [across[2] / length, (0 - across[0]) / length];
}

/**
 * Each frame's heading in radians; the first is 0. As in the published features, the two hips stand for one another
 * here, and `smooth` averages the directions over time (Gaussian, σ = 20 frames, the ends held).
 */
export function headingsOf(joints: Joints, smooth: boolean): Float64Array {
  const frames = framesOf(joints);
  let forward = Array.from({ length: frames }, (_, frame) => forwardAt(joints, frame, -1));
  if (smooth) {
    const [sigma, reach] = [20, 80];
    const weights = Array.from({ length: 2 * reach + 1 }, (_, i) => Math.exp(-0.5 * ((i - reach) / sigma) ** 2));
    const given = forward;
    forward = given.map((_, frame) => {
      const sum: [number, number] = [0, 0];
      for (const [i, weight] of weights.entries()) {
        const [x, z] = given[Math.min(Math.max(frame + i - reach, 0), frames - 1)];
        sum[0] += weight * x;
        sum[1] += weight * z;
      }
      return sum;
    });
  }
  return Float64Array.from(forward, ([x, z], frame) => (frame === 0 ? 0 : Math.atan2(x, z)));
}

/**
 * The rotations that lead a frame's bones from rest along {@link CHAINS}: for each joint but the root that of the bone
 * which ends there, the shortest one, seen from the bone before it in its chain; a chain's first bone is seen from the
 * turn back to +z, `yaw(−heading)`. They know nothing of a bone's twist.
 */
export function bonesOf(joints: Joints, frame: number, heading: number): Quaternion[] {
  const local: Quaternion[] = BODY_NAMES.map(() => [0, 0, 0, 1]);
  for (const chain of CHAINS) {
    let running = yaw(-heading);
    for (let i = 1; i < chain.length; i++) {
      const [from, to] = [jointAt(joints, frame, chain[i - 1]), jointAt(joints, frame, chain[i])];
      const bone = between(bones[chain[i]].direction, [to[0] - from[0], to[1] - from[1], to[2] - from[2]]);
      local[chain[i]] = multiply(inverse(running), bone);
      running = bone;
    }
  }
  return local;
}

/** Writes where the joints of {@link bonesOf} stand on a skeleton's bones, the root at `root`. */
export function placeBones(
  out: Float64Array,
  frame: number,
  { offsets }: Skeleton,
  local: readonly Quaternion[],
  heading: number,
  root: Vector,
): void {
  out.set(root, frame * JOINT_NUMBERS);
  for (const chain of CHAINS) {
    let running = yaw(-heading);
    for (let i = 1; i < chain.length; i++) {
      const joint = chain[i];
      running = multiply(running, local[joint]);
      const [x, y, z] = jointAt(out, frame, chain[i - 1]);
      const bone = rotate(running, [offsets[3 * joint], offsets[3 * joint + 1], offsets[3 * joint + 2]]);
      out.set([x + bone[0], y + bone[1], z + bone[2]], frame * JOINT_NUMBERS + 3 * joint);
    }
  }
}

/** Length of a leg: HumanML3D measures the right one, to the ankle. */
const legOf = ({ offsets }: Skeleton): number =>
  [5, 8].reduce((sum, joint) => sum + Math.hypot(...offsets.subarray(3 * joint, 3 * joint + 3)), 0);

/**
 * The same motion on another skeleton's bones, [T, 22, 3]: every bone keeps its direction, and the root's way is scaled
 * by the ratio of the legs.
 * @param joints [T, 22, 3], metres, y up. Their lengths are those of the first frame.
 * @throws RangeError for numbers that are no whole frames, or legs without length.
 */
export function toUniform(joints: Joints, skeleton: Skeleton = HUMANML_SKELETON): Float64Array {
  const frames = framesOf(joints);
  const leg = legOf(humanmlSkeletonOf(joints));
  if (!(leg > 0)) throw new RangeError("The first frame's right leg has no length, so its size cannot be told.");
  const scale = legOf(skeleton) / leg;
  const out = new Float64Array(joints.length);
  for (let frame = 0; frame < frames; frame++) {
    const [x, y, z] = jointAt(joints, frame, 0);
    placeBones(out, frame, skeleton, bonesOf(joints, frame, 0), 0, [scale * x, scale * y, scale * z]);
  }
  return out;
}

/** The motion on the floor: its lowest joint at 0, its first frame's root above the origin and looking along +z. */
export function toStart(joints: Joints): Float64Array {
  const frames = framesOf(joints);
  let floor = Infinity;
  for (let at = 1; at < joints.length; at += 3) floor = Math.min(floor, joints[at]);
  const [x, z] = forwardAt(joints, 0, 1);
  const back = yaw(-Math.atan2(x, z));
  const root = jointAt(joints, 0, 0);
  const out = new Float64Array(joints.length);
  for (let at = 0; at < frames * BODY_NAMES.length; at++) {
    const [a, b, c] = [joints[3 * at], joints[3 * at + 1], joints[3 * at + 2]];
    out.set(rotate(back, [a - root[0], b - floor, c - root[2]]), 3 * at);
  }
  return out;
}
