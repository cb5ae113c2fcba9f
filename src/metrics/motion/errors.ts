import { framesOf, JOINT_NUMBERS, type Joints } from "../../motion/index.js";

/**
 * MPJPE: the mean distance of joints from where they should be, both seen from their pelvis, in **millimetres**.
 * @param joints [T, 22, 3], metres.
 * @throws RangeError where the two have different lengths, or are no whole frames.
 */
export function mpjpe(joints: Joints, reference: Joints): number {
  const frames = sameFrames(joints, reference);
  let sum = 0;
  for (let at = 0; at < joints.length; at += 3) {
    const pelvis = at - (at % JOINT_NUMBERS);
    const [x, y, z] = [0, 1, 2].map(
      (axis) => joints[at + axis] - joints[pelvis + axis] - reference[at + axis] + reference[pelvis + axis],
    );
    sum += Math.hypot(x, y, z);
  }
  return (1000 * sum) / (frames * (JOINT_NUMBERS / 3));
}

/**
 * The mean distance over the floor between the root's path and the one that it should take, in metres.
 * @param joints [T, 22, 3], metres.
 * @throws RangeError where the two have different lengths, or are no whole frames.
 */
export function rootPathError(joints: Joints, reference: Joints): number {
  const frames = sameFrames(joints, reference);
  let sum = 0;
  for (let at = 0; at < joints.length; at += JOINT_NUMBERS)
    sum += Math.hypot(joints[at] - reference[at], joints[at + 2] - reference[at + 2]);
  return sum / frames;
}

function sameFrames(joints: Joints, reference: Joints): number {
  const [a, b] = [framesOf(joints), framesOf(reference)];
  if (a !== b) throw new RangeError(`The motion has ${a} frames and its reference ${b}: they must have as many.`);
  return a;
}
