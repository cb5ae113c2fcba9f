import type { Clip, Skeleton } from "../motion/index.js";

/** How numbers are sent: as JSON, or as Base64 of float32, little-endian. */
export type NumberFormat = "numbers" | "base64";

export const numbersAs = (numbers: Float32Array | Uint8Array, format: NumberFormat) =>
  format === "numbers" ? [...numbers] : Buffer.from(Float32Array.from(numbers).buffer).toString("base64");

/** The joints of motions: names, each one's parent (−1: none), and where it is at rest, seen from its parent [J, 3]. */
export const jointsOf = ({ names, parents, offsets }: Skeleton) => ({
  joints: names,
  parents,
  offsets: [...offsets],
});

/** Frames of a motion: root [T, 3] in metres, rotations [T, J, 4] as x, y, z, w, contacts [T, 4] or null. */
export function motionFields({ fps, frames, root, rotations, contacts }: Clip, format: NumberFormat) {
  const packed = (numbers: Float32Array | Uint8Array) => numbersAs(numbers, format);
  return { fps, frames, root: packed(root), rotations: packed(rotations), contacts: contacts && packed(contacts) };
}
