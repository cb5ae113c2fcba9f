import type { Skeleton } from "./skeleton.js";

/**
 * One motion: how a skeleton turns its joints and where its root is, frame by frame. Metres, y up, right-handed;
 * rotations are quaternions x, y, z, w from the parent's frame, the root's from the world's.
 */
export interface Clip {
  readonly skeleton: Skeleton;
  /** Frames a second. */
  readonly fps: number;
  /** T ≥ 1. */
  readonly frames: number;
  /** [T, J, 4], each of length 1. */
  readonly rotations: Float32Array;
  /** [T, 3]: the root joint in the world. */
  readonly root: Float32Array;
  /** [T, 4]: 1 where left ankle, left foot, right ankle, right foot stand on the floor; null where nobody has said. */
  readonly contacts: Uint8Array | null;
}

/** Seconds from the first frame to the last one's end. */
export const secondsOf = ({ frames, fps }: Pick<Clip, "frames" | "fps">): number => frames / fps;
