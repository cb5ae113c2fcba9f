import type { Clip } from "./clip.js";
import { type Quaternion, slerp } from "./rotations.js";

/**
 * The same motion at `fps` frames a second, from its first frame to the last that lies within it: the root on straight
 * lines, rotations on great arcs, contacts as in the nearest frame. A clip that has this rate already is given back.
 * @throws RangeError for a rate that is not a positive number.
 */
export function resample(clip: Clip, fps: number): Clip {
  if (!(fps > 0 && fps < Infinity))
    throw new RangeError(`A motion has a positive number of frames a second, not ${fps}.`);
  if (fps === clip.fps) return clip;
  const joints = clip.skeleton.parents.length;
  const frames = Math.floor(((clip.frames - 1) * fps) / clip.fps + 1e-6) + 1;
  const rotations = new Float32Array(frames * joints * 4);
  const root = new Float32Array(frames * 3);
  const contacts = clip.contacts ? new Uint8Array(frames * 4) : null;
  for (let frame = 0; frame < frames; frame++) {
    const at = Math.min((frame * clip.fps) / fps, clip.frames - 1);
    const before = Math.floor(at);
    const after = Math.min(before + 1, clip.frames - 1);
    const share = at - before;
    for (let axis = 0; axis < 3; axis++)
      root[3 * frame + axis] = (1 - share) * clip.root[3 * before + axis] + share * clip.root[3 * after + axis];
    for (let joint = 0; joint < joints; joint++) {
      const turn = (t: number) => clip.rotations.subarray(4 * (t * joints + joint), 4 * (t * joints + joint + 1));
      const between = slerp([...turn(before)] as Quaternion, [...turn(after)] as Quaternion, share);
      rotations.set(between, 4 * (frame * joints + joint));
    }
    contacts?.set(clip.contacts!.subarray(4 * Math.round(at), 4 * Math.round(at) + 4), 4 * frame);
  }
  return { skeleton: clip.skeleton, fps, frames, rotations, root, contacts };
}
