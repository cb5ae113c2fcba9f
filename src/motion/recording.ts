import { multiply, type Quaternion, rotate, type Vector } from "./rotations.js";

/** A motion as its file has it: any skeleton, in the file's own unit and axes. `retarget` brings it to the body. */
export interface Recording {
  /** Of the animation, where the file names it, or else of the file. */
  readonly name: string;
  readonly joints: readonly string[];
  /** Index of each joint's parent, which stands before it; −1 where there is none. */
  readonly parents: readonly number[];
  /** The joints at rest, seen from their parents. */
  readonly rest: {
    /** [J, 3] */
    readonly places: Float32Array;
    /** [J, 4], quaternions x, y, z, w */
    readonly rotations: Float32Array;
  };
  /** Frames a second. */
  readonly fps: number;
  /** T ≥ 1. */
  readonly frames: number;
  /** [T, J, 3], seen from the parents. */
  readonly places: Float32Array;
  /** [T, J, 4], seen from the parents. */
  readonly rotations: Float32Array;
  /** What a person might not expect of how the file was read, a sentence each. */
  readonly notes: readonly string[];
}

/** Every joint of a skeleton in the world. */
export interface WorldPose {
  readonly places: readonly Vector[];
  readonly rotations: readonly Quaternion[];
}

/** Places and rotations seen from the parents, from joint `at` of the arrays on, as they are in the world. */
export function inWorld(
  { places, rotations }: { places: Float32Array; rotations: Float32Array },
  parents: readonly number[],
  at = 0,
): WorldPose {
  const world: { places: Vector[]; rotations: Quaternion[] } = { places: [], rotations: [] };
  for (const [joint, parent] of parents.entries()) {
    const [x, y, z] = places.subarray(3 * (at + joint));
    const [a, b, c, d] = rotations.subarray(4 * (at + joint));
    if (parent < 0) {
      world.places.push([x, y, z]);
      world.rotations.push([a, b, c, d]);
      continue;
    }
    const [from, turn] = [world.places[parent], world.rotations[parent]];
    const arm = rotate(turn, [x, y, z]);
    world.places.push([from[0] + arm[0], from[1] + arm[1], from[2] + arm[2]]);
    world.rotations.push(multiply(turn, [a, b, c, d]));
  }
  return world;
}

/** Frame `frame` of a recording in the world. */
export const recordedPose = (recording: Recording, frame: number): WorldPose =>
  inWorld(recording, recording.parents, frame * recording.parents.length);
