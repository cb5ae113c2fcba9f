import { added, scaled } from "../../../motion/leg.js";
import { aboutAxis, multiply, type Quaternion, rotate, type Vector, yaw } from "../../../motion/rotations.js";
import type { Body, Side } from "./body.js";
import type { Foot } from "./feet.js";
import type { Style } from "./gaits.js";
import type { Manner } from "./manner.js";
import type { Place } from "./path.js";
import type { PelvisLayer } from "./score.js";

export interface Pelvis {
  readonly place: Vector;
  readonly turn: Quaternion;
}

const RADIANS = Math.PI / 180;

/** Cosine of the gait's clock, `times` a cycle, greatest where the clock is at `at`. */
export const beat = (phase: number, at: number, times = 1): number => Math.cos(2 * Math.PI * times * (phase - at));

/** Small movements of a pelvis that nothing else moves: two sways that never meet, and noise. */
export function restless(manner: Manner, sways: readonly [number, number]): PelvisLayer["at"] {
  const [left, forward, pitch, turn, roll] = ["left", "forward", "pitch", "yaw", "roll"].map((name) =>
    manner.noise(`pelvis ${name}`),
  );
  return (t) => {
    const slow = Math.sin(2 * Math.PI * sways[0] * t);
    const fast = Math.sin(2 * Math.PI * (sways[1] * t + 1 / 3));
    return {
      left: 0.012 * slow + 0.004 * left(t),
      forward: 0.007 * fast + 0.003 * forward(t),
      pitch: 0.6 * pitch(t),
      yaw: 1.2 * turn(t),
      roll: 0.7 * slow + 0.4 * roll(t),
    };
  };
}

/** What steps without hops raise a pelvis at most. */
const MOST_BOUNCE = 0.03;

/** The pelvis as gait and layers have it, before the legs say how high it can be. */
export function pelvisAt(
  body: Body,
  place: Place,
  style: Style,
  phase: number,
  layers: readonly ReturnType<PelvisLayer["at"]>[],
): Pelvis {
  const middle = (1 - style.duty) / 2; // of the left foot's swing
  const stepping = (1 - style.skip) * Math.min(style.bounce, MOST_BOUNCE) * beat(phase, middle, 2);
  const up = stepping + style.skip * style.bounce * beat(phase, 0.19, 2);
  const sum = { left: -style.sway * beat(phase, middle), up: up - style.drop, forward: 0 };
  const angles = {
    pitch: 0.25 * style.lean,
    yaw: -style.hipYaw * beat(phase, 0.98 - style.duty),
    roll: -style.hipRoll * beat(phase, middle),
  };
  for (const layer of layers) {
    for (const key of ["left", "up", "forward"] as const) sum[key] += layer[key] ?? 0;
    for (const key of ["pitch", "yaw", "roll"] as const) angles[key] += layer[key] ?? 0;
  }
  const [left, forward] = [body.scale * sum.left, body.scale * sum.forward];
  const [sine, cosine] = [Math.sin(place.yaw), Math.cos(place.yaw)];
  const turn = multiply(
    yaw(place.yaw + angles.yaw * RADIANS),
    multiply(aboutAxis([0, 0, 1], angles.roll * RADIANS), aboutAxis([1, 0, 0], angles.pitch * RADIANS)),
  );
  return {
    place: [
      place.x + left * cosine + forward * sine,
      body.height + body.scale * sum.up,
      place.z - left * sine + forward * cosine,
    ],
    turn,
  };
}

export const hipOf = (body: Body, { place, turn }: Pelvis, side: Side): Vector =>
  added(place, rotate(turn, body.hips[side]));

/** The share of a standing leg's length that it is stretched to at most: a knee that is all straight would snap. */
const STRETCH = 0.994;

/** How far the pelvis must come down for the leg of a side to reach its ankle; infinite where that is too far away. */
export function excess(body: Body, pelvis: Pelvis, side: Side, ankle: Vector): number {
  const hip = hipOf(body, pelvis, side);
  const length = STRETCH * (body.thigh + body.shin);
  const flat = Math.hypot(hip[0] - ankle[0], hip[2] - ankle[2]);
  if (flat >= length) return Infinity;
  return Math.max(0, hip[1] - ankle[1] - Math.sqrt(length ** 2 - flat ** 2));
}

/** How far a pelvis comes down at most, in metres of a body of scale 1: more would be a gait of bent knees. */
export const LOWEST = 0.16;

/** How sharply a swinging leg is kept from being all straight, as a share of its length. */
const SOFT = 0.02;

/** Where a foot's ankle is to be, seen from its hip: a foot in the air is drawn in where its leg would be stretched. */
export function withinReach(body: Body, hip: Vector, { ankle, free }: Foot): Vector {
  if (free === 0) return ankle;
  const length = body.thigh + body.shin;
  const line = added(ankle, scaled(hip, -1));
  const away = Math.hypot(...line);
  const over = away - STRETCH * length;
  const back = (over + Math.hypot(over, SOFT * length)) / 2;
  return added(ankle, scaled(line, (-free * back) / away));
}

/** Frames to both sides over which the pelvis comes down and up again. */
const RADIUS = 3;
const KERNEL = [1, 6, 15, 20, 15, 6, 1].map((weight) => weight / 64);

/** The same or more at every frame, and smooth: the greatest of its neighbours, averaged over as many. */
export function smoothAbove(values: readonly number[]): number[] {
  const at = (list: readonly number[], i: number) => list[Math.min(Math.max(i, 0), list.length - 1)];
  const greatest = values.map((_, i) => Math.max(...KERNEL.map((_, k) => at(values, i + k - RADIUS))));
  return values.map((_, i) => KERNEL.reduce((sum, weight, k) => sum + weight * at(greatest, i + k - RADIUS), 0));
}
