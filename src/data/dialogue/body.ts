import type { Clip } from "../../motion/clip.js";
import { FULL_BODY, fromGesture, fullBodyVrmBones, GESTURE_JOINTS, toGesture } from "../../motion/index.js";
import type { Recording } from "../../motion/recording.js";
import { resample } from "../../motion/resample.js";
import { retarget } from "../../motion/retarget.js";
import { DIALOGUE_FPS } from "../dialogue-dataset.js";
import { recordingsIn } from "../motion/read-file.js";
import { mapSkeleton, type OwnMap } from "../motion/skeletons.js";
import type { ReadMotion } from "./listed.js";

/**
 * The gestures of a BVH, GLB or VRMA file at 30 frames a second. Fingers are read where the joints are called and stand
 * at rest as those of the body of 52 joints, or of a VRM; of other skeletons they stay at rest.
 * @throws where it cannot be read, or holds several motions
 */
export async function gestureIn(bytes: Uint8Array, name: string, own?: OwnMap): Promise<ReadMotion> {
  const recordings = await recordingsIn(bytes, name);
  if (recordings.length !== 1)
    throw new Error(`${name} holds ${recordings.length} motions; a person's motion in a dialogue is one.`);
  const [recording] = recordings;
  const whole = fullBody(recording);
  if (whole) return { gesture: toGesture(resample(whole, DIALOGUE_FPS)), valid: null, notes: [] };
  const { map } = mapSkeleton(name, recording.joints, recording.parents, own);
  const { clip } = retarget(recording, map, { restFrame: own?.restFrame });
  return {
    gesture: withFingers(resample(clip, DIALOGUE_FPS)),
    valid: null,
    notes: ["Fingers of some motions are not read: their joints are not those of the body of 52 joints."],
  };
}

/** The gestures of a clip of 22 joints, its fingers at rest. */
function withFingers(clip: Clip): Float32Array {
  const rows = fromGesture(identityRows(clip.frames), clip.fps);
  const [wide, narrow] = [FULL_BODY.names.length, clip.skeleton.names.length];
  for (let frame = 0; frame < clip.frames; frame++)
    rows.rotations.set(clip.rotations.subarray(4 * frame * narrow, 4 * (frame + 1) * narrow), 4 * frame * wide);
  return toGesture(rows);
}

const identityRows = (frames: number): Float32Array =>
  Float32Array.from({ length: frames * GESTURE_JOINTS.length * 6 }, (_, at) => (at % 6 === 0 || at % 6 === 4 ? 1 : 0));

/** The clip where the recording's joints are those of the full body, at rest in a T-pose without turns. */
function fullBody({ joints, rest, rotations, frames, fps }: Recording): Clip | null {
  const names = [FULL_BODY.names, fullBodyVrmBones].find((all) => all.every((name) => joints.includes(name)));
  if (!names) return null;
  const from = names.map((name) => joints.indexOf(name));
  const straight = from.every((source) => Math.abs(rest.rotations[4 * source + 3]) > 1 - 1e-6);
  if (!straight) return null;
  const own = new Float32Array(4 * frames * from.length);
  for (let frame = 0; frame < frames; frame++)
    for (const [joint, source] of from.entries()) {
      const at = 4 * (frame * joints.length + source);
      own.set(rotations.subarray(at, at + 4), 4 * (frame * from.length + joint));
    }
  return { skeleton: FULL_BODY, fps, frames, rotations: own, root: new Float32Array(3 * frames), contacts: null };
}
