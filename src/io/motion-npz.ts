import { zipSync } from "fflate";
import type { Clip } from "../motion/clip.js";
import { contactsOf } from "../motion/kinematics.js";
import { BODY_NAMES } from "../motion/skeleton.js";
import { turnsOf } from "./gltf-write.js";
import { writeNpy } from "./npy.js";

/** Zip's earliest date: the same clip gives the same bytes. */
const DATE = new Date("1980-01-01T00:00:00");

/**
 * A clip as NumPy's arrays: rotations [T, J, 4] (quaternions x, y, z, w from the parent's frame), root [T, 3] in metres,
 * contacts [T, 4] of left ankle, left foot, right ankle, right foot, fps, names and parents of the joints, and offsets
 * [J, 3] in metres.
 */
export function writeNpz(clip: Clip): Uint8Array {
  const { names, parents, offsets } = clip.skeleton;
  const { frames, root, fps } = clip;
  const rotations = new Float32Array(clip.rotations.length);
  for (const joint of names.keys())
    for (const [i, value] of turnsOf(clip, joint).entries())
      rotations[4 * (Math.floor(i / 4) * names.length + joint) + (i % 4)] = value;
  const contacts = clip.contacts ?? (names.join() === BODY_NAMES.join() ? contactsOf(clip) : null);
  const arrays = {
    rotations: writeNpy({ shape: [frames, names.length, 4], data: rotations }),
    root: writeNpy({ shape: [frames, 3], data: root }),
    ...(contacts && { contacts: writeNpy({ shape: [frames, 4], data: contacts }) }),
    fps: writeNpy({ shape: [], data: Float64Array.of(fps) }),
    names: writeNpy(names),
    parents: writeNpy({ shape: [names.length], data: Int32Array.from(parents) }),
    offsets: writeNpy({ shape: [names.length, 3], data: offsets }),
  };
  const files = Object.fromEntries(Object.entries(arrays).map(([name, bytes]) => [`${name}.npy`, bytes]));
  return zipSync(files, { level: 6, mtime: DATE });
}
