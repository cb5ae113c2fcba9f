import { cross, dot, fromMatrix, multiply, type Quaternion, type Vector } from "./rotations.js";

/** How a leg is turned, in the world, and how far its knee is bent. */
export interface Leg {
  readonly thigh: Quaternion;
  readonly shin: Quaternion;
  /** Radians; 0 is straight, and it is never below. */
  readonly flexion: number;
}

/** The share of a leg's length that it is stretched to at most. */
export const REACH = 0.9992;

/**
 * The two-bone leg from `hip` to an ankle at `target`, by the law of cosines; its knee bends about `across`, the
 * person's left, so that it points forward. What is too far or too near is met in its direction.
 *
 * @param thigh Length in metres, `shin` alike; at rest both hang along −y.
 */
export function reachLeg(
  hip: Readonly<Vector>,
  target: Readonly<Vector>,
  thigh: number,
  shin: number,
  across: Readonly<Vector>,
): Leg {
  const line: Vector = [target[0] - hip[0], target[1] - hip[1], target[2] - hip[2]];
  const away = Math.hypot(...line);
  const distance = Math.min(Math.max(away, 1.02 * Math.abs(thigh - shin), 0.2 * thigh), REACH * (thigh + shin));
  const along = scaled(line, 1 / away);
  const hinge = unit(added(across, scaled(along, -dot(across, along))));
  const forward = cross(along, hinge);
  const cosine = (thigh ** 2 + distance ** 2 - shin ** 2) / (2 * thigh * distance);
  const sine = Math.sqrt(Math.max(0, 1 - cosine ** 2));
  const down = added(scaled(along, cosine), scaled(forward, sine));
  const ankle = added(hip, scaled(along, distance));
  const knee = added(hip, scaled(down, thigh));
  const below = unit(added(ankle, scaled(knee, -1)));
  const flexion = Math.acos(Math.min(1, Math.max(-1, (distance ** 2 - thigh ** 2 - shin ** 2) / (2 * thigh * shin))));
  return { thigh: hanging(down, hinge), shin: hanging(below, hinge), flexion };
}

/** The rotation that turns −y to `down` and +x to `across`; both of length 1, and at a right angle. */
export function hanging(down: Readonly<Vector>, [a, b, c]: Readonly<Vector>): Quaternion {
  const up = scaled(down, -1);
  const front = cross([a, b, c], up);
  return fromMatrix([a, up[0], front[0], b, up[1], front[1], c, up[2], front[2]]);
}

export const scaled = (v: Readonly<Vector>, by: number): Vector => [v[0] * by, v[1] * by, v[2] * by];
export const added = (a: Readonly<Vector>, b: Readonly<Vector>): Vector => [a[0] + b[0], a[1] + b[1], a[2] + b[2]];
export const unit = (v: Readonly<Vector>): Vector => scaled(v, 1 / Math.hypot(...v));

/** The turn of a part whose parent is turned by `parent` and that is itself turned by `world`. */
export const within = (parent: Readonly<Quaternion>, world: Readonly<Quaternion>): Quaternion =>
  multiply([-parent[0], -parent[1], -parent[2], parent[3]], world);
