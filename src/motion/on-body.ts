import type { Clip } from "./clip.js";
import { requireBody } from "./kinematics.js";
import { BODY, type Skeleton } from "./skeleton.js";

const LEGS = ["leftKnee", "leftAnkle", "rightKnee", "rightAnkle"].map((name) => BODY.names.indexOf(name));

/** Length of both legs, from the hips to the ankles, metres. */
export const legsOf = ({ offsets }: Skeleton): number =>
  LEGS.reduce((sum, joint) => sum + Math.hypot(...offsets.subarray(3 * joint, 3 * joint + 3)), 0);

/**
 * The same rotations on another body's bones: its root's way and height grow by the ratio of the legs. Feet that stood
 * still on a larger or smaller body of the same shape do so on this one.
 * @throws RangeError unless both are bodies of 22 joints, with legs.
 */
export function onBody(clip: Clip, skeleton: Skeleton = BODY): Clip {
  requireBody(clip.skeleton);
  requireBody(skeleton);
  if (clip.skeleton === skeleton) return clip;
  const scale = legsOf(skeleton) / legsOf(clip.skeleton);
  if (!(scale > 0 && scale < Infinity)) throw new RangeError("A body without legs has no size to be brought to.");
  return { ...clip, skeleton, root: clip.root.map((value) => scale * value) };
}
