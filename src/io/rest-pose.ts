import type { WorldPose } from "../motion/recording.js";
import type { Vector } from "../motion/rotations.js";
import type { Skeleton } from "../motion/skeleton.js";

/** Height of the lowest joint above the floor where a skeleton stands at rest, metres. */
const SOLE = 0.02;

/** A skeleton at rest in the world, standing on the floor. */
export function restPose({ parents, offsets }: Skeleton): WorldPose {
  const places: Vector[] = [];
  for (const [joint, parent] of parents.entries()) {
    const [x, y, z] = offsets.subarray(3 * joint);
    const from = parent < 0 ? [0, 0, 0] : places[parent];
    places.push(parent < 0 ? [0, 0, 0] : [from[0] + x, from[1] + y, from[2] + z]);
  }
  const lift = SOLE - Math.min(...places.map(([, y]) => y));
  return {
    places: places.map(([x, y, z]) => [x, y + lift, z]),
    rotations: parents.map(() => [0, 0, 0, 1]),
  };
}
