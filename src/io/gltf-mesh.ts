import { between, rotate, type Vector } from "../motion/rotations.js";
import type { Skeleton } from "../motion/skeleton.js";
import { bonesOf } from "./figure-bones.js";
import { restPose } from "./rest-pose.js";

export interface Mesh {
  /** [V, 3] */
  readonly positions: Float32Array<ArrayBuffer>;
  /** [V, 3] */
  readonly normals: Float32Array<ArrayBuffer>;
  /** Triangles, counter-clockwise seen from outside. */
  readonly indices: Uint16Array<ArrayBuffer>;
  /** The joint that each vertex moves with. */
  readonly joints: Uint8Array<ArrayBuffer>;
}

/** Corners around a capsule, and rings over each of its ends. */
const AROUND = 10;
const RINGS = 3;

/** A capsule for each bone of a skeleton at rest, standing on the floor; fewer than 256 joints. */
export function bodyMesh(skeleton: Skeleton): Mesh {
  const [positions, normals, indices, joints]: number[][] = [[], [], [], []];
  for (const { joint, from, to, radius } of bonesOf(skeleton, restPose(skeleton))) {
    const along: Vector = [to[0] - from[0], to[1] - from[1], to[2] - from[2]];
    const turn = between([0, 1, 0], along);
    const start = positions.length / 3;
    // Rings from the pole behind `from` to the one beyond `to`
    for (let ring = 0; ring <= 2 * RINGS + 1; ring++) {
      const second = ring > RINGS;
      const angle = ((ring - (second ? RINGS + 1 : RINGS)) / RINGS) * (Math.PI / 2);
      const centre = second ? to : from;
      for (let corner = 0; corner < AROUND; corner++) {
        const way = (2 * Math.PI * corner) / AROUND;
        const local: Vector = [Math.cos(angle) * Math.cos(way), Math.sin(angle), -Math.cos(angle) * Math.sin(way)];
        const normal = rotate(turn, local);
        normals.push(...normal);
        positions.push(...normal.map((value, axis) => centre[axis] + radius * value));
        joints.push(joint);
      }
    }
    for (let ring = 0; ring < 2 * RINGS + 1; ring++)
      for (let corner = 0; corner < AROUND; corner++) {
        const [a, b] = [start + ring * AROUND + corner, start + ring * AROUND + ((corner + 1) % AROUND)];
        indices.push(a, b, b + AROUND, a, b + AROUND, a + AROUND);
      }
  }
  return {
    positions: Float32Array.from(positions),
    normals: Float32Array.from(normals),
    indices: Uint16Array.from(indices),
    joints: Uint8Array.from(joints),
  };
}
