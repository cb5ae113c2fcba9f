import type { Clip } from "./clip.js";
import { FULL_BODY, requireFullBody } from "./full-body.js";
import { dot, fromSix, type Quaternion, toSix } from "./rotations.js";
import { requireRows } from "./rows.js";

/**
 * The 43 joints of {@link FULL_BODY} that gestures move: trunk, neck, head, arms and fingers; not the pelvis and the
 * legs.
 */
export const GESTURE_JOINTS: readonly number[] = FULL_BODY.names.flatMap((name, joint) =>
  /pelvis|Hip|Knee|Ankle|Foot/.test(name) ? [] : [joint],
);

/** Numbers of a frame: the first two columns of each of the 43 joints' rotation matrices, [43, 6]. */
export const GESTURE_FEATURES = 6 * GESTURE_JOINTS.length;

/** Height of the pelvis where the body stands at rest, metres. */
const STANDING = 0.99;

/**
 * A clip's gestures, [T, 258]: how the 43 joints are turned from their parents, a first column and then a second one for
 * each. Where the body stands and how its pelvis and legs turn is left out.
 * @throws RangeError unless the clip is on the body of 52 joints
 */
export function toGesture(clip: Clip): Float32Array {
  requireFullBody(clip.skeleton);
  const joints = clip.skeleton.names.length;
  const rows = new Float32Array(clip.frames * GESTURE_FEATURES);
  for (let frame = 0; frame < clip.frames; frame++)
    for (const [i, joint] of GESTURE_JOINTS.entries()) {
      const at = 4 * (frame * joints + joint);
      const turn = [...clip.rotations.subarray(at, at + 4)] as Quaternion;
      rows.set(toSix(turn), frame * GESTURE_FEATURES + 6 * i);
    }
  return rows;
}

/**
 * The clip of gestures [T, 258] on {@link FULL_BODY}: it stands at the origin and looks along +z, the legs at rest.
 * Any finite numbers give rotations; those of a joint are on one side of the sphere from frame to frame.
 * @throws RangeError for numbers that are no whole rows or not finite
 */
export function fromGesture(rows: Float32Array, fps: number): Clip {
  const frames = requireRows(rows, GESTURE_FEATURES, "Gestures");
  const wrong = rows.findIndex((value) => !Number.isFinite(value));
  if (wrong >= 0)
    throw new RangeError(
      `Number ${wrong % GESTURE_FEATURES} of row ${Math.floor(wrong / GESTURE_FEATURES)} of the gestures is ${rows[wrong]}.`,
    );
  const joints = FULL_BODY.names.length;
  const rotations = new Float32Array(4 * frames * joints).map((_, at) => (at % 4 === 3 ? 1 : 0));
  for (let frame = 0; frame < frames; frame++)
    for (const [i, joint] of GESTURE_JOINTS.entries()) {
      const from = frame * GESTURE_FEATURES + 6 * i;
      const turn = fromSix(rows.subarray(from, from + 6));
      const at = 4 * (frame * joints + joint);
      const flip = frame > 0 && dot(turn, rotations.subarray(at - 4 * joints, at - 4 * joints + 4)) < 0;
      rotations.set(flip ? turn.map((value) => -value) : turn, at);
    }
  return {
    ...{ skeleton: FULL_BODY, fps, frames, rotations },
    root: new Float32Array(3 * frames).map((_, at) => (at % 3 === 1 ? STANDING : 0)),
    contacts: new Uint8Array(4 * frames).fill(1),
  };
}
