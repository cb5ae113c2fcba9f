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

/**
 * Clips of one skeleton and frame rate one after the other, as blocks of a session are; without contacts where one has
 * none. @throws RangeError for no clips
 */
export function joinClips(clips: readonly Clip[]): Clip {
  if (clips.length === 0) throw new RangeError("There are no clips to be joined.");
  const [{ skeleton, fps }] = clips;
  const frames = clips.reduce((sum, clip) => sum + clip.frames, 0);
  const joined = <A extends Float32Array | Uint8Array>(all: A, of: (clip: Clip) => A): A => {
    let at = 0;
    for (const clip of clips) {
      all.set(of(clip), at);
      at += of(clip).length;
    }
    return all;
  };
  return {
    ...{ skeleton, fps, frames },
    rotations: joined(new Float32Array(4 * frames * skeleton.names.length), (clip) => clip.rotations),
    root: joined(new Float32Array(3 * frames), (clip) => clip.root),
    contacts: clips.every(({ contacts }) => contacts)
      ? joined(new Uint8Array(4 * frames), (clip) => clip.contacts!)
      : null,
  };
}

/** Frames `from` … `to` − 1 of a clip. */
export const cutClip = ({ skeleton, fps, frames, ...own }: Clip, from: number, to = frames): Clip => ({
  ...{ skeleton, fps, frames: to - from },
  rotations: own.rotations.slice(4 * from * skeleton.names.length, 4 * to * skeleton.names.length),
  root: own.root.slice(3 * from, 3 * to),
  contacts: own.contacts?.slice(4 * from, 4 * to) ?? null,
});

/** Seconds from the first frame to the last one's end. */
export const secondsOf = ({ frames, fps }: Pick<Clip, "frames" | "fps">): number => frames / fps;
