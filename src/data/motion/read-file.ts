import { readFile } from "node:fs/promises";
import { basename, extname } from "node:path";
import { reading } from "../../io/reading.js";
import type { Clip } from "../../motion/clip.js";
import type { Recording } from "../../motion/recording.js";
import { resample } from "../../motion/resample.js";
import { type Retargeted, retarget } from "../../motion/retarget.js";
import { sha256 } from "../report.js";
import { mapSkeleton, type OwnMap } from "./skeletons.js";

/** Frames a second that motions are learned at. */
export const FPS = 20;

/** Endings of files with motions in them. */
export const MOTION_FILE = /\.(bvh|glb|vrma)$/i;
export const MOTION_FORMATS = "BVH, GLB or VRMA";

/** A motion of a file, on the body of 22 joints at 20 frames a second. */
export interface ReadMotion extends Pick<Retargeted, "unit"> {
  /** Of the animation, or of the file where it holds one. */
  readonly name: string;
  readonly clip: Clip;
  /** Whose names the joints have. */
  readonly known: string;
  readonly missing: readonly string[];
  readonly notes: readonly string[];
}

/** Reads the motions of a file: one of a BVH, all animations of a GLB. @throws where any of it cannot be read */
export async function readMotionFile(path: string, own?: OwnMap): Promise<{ motions: ReadMotion[]; sha256: string }> {
  const bytes = await reading(path, () => readFile(path));
  return { motions: await motionsOf(bytes, basename(path), own), sha256: sha256(bytes) };
}

/** The same of a file's bytes. */
export async function motionsOf(bytes: Uint8Array, name: string, own?: OwnMap): Promise<ReadMotion[]> {
  return (await recordingsIn(bytes, name)).map((recording) => toBody(recording, name, own));
}

/** A file's motions as it has them. @throws where any of it cannot be read */
export async function recordingsIn(bytes: Uint8Array, name: string): Promise<Recording[]> {
  const stem = basename(name, extname(name));
  if (extname(name).toLowerCase() === ".bvh") {
    const { readBvh } = await import("../../io/bvh.js");
    return [{ ...readBvh(new TextDecoder().decode(bytes), name), name: stem }];
  }
  const { readGltf } = await import("../../io/gltf-read.js");
  const recordings = await readGltf(bytes, name);
  if (recordings.some(({ joints }) => ["a:", "b:"].every((mark) => joints.some((joint) => joint.startsWith(mark)))))
    throw new Error(
      `${name} holds two people on one timeline, of whom one is read at a time. Write each into a file of their own (--out talk.bvh).`,
    );
  return recordings;
}

function toBody(recording: Recording, file: string, own?: OwnMap): ReadMotion {
  const { name, joints, parents, notes } = recording;
  const { known, map, missing } = mapSkeleton(file, joints, parents, own);
  const { clip, unit } = retarget(recording, map, { restFrame: own?.restFrame });
  return { name, clip: resample(clip, FPS), unit, known, missing, notes };
}
