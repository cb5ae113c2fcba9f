import { added } from "../../../motion/leg.js";
import { aboutAxis, multiply, type Quaternion, rotate, type Vector, yaw } from "../../../motion/rotations.js";
import type { Body, Side } from "./body.js";
import { ease, mix, through } from "./curves.js";
import type { Stance } from "./footprints.js";

/** Where a foot is at a moment. */
export interface Foot {
  readonly ankle: Vector;
  /** How the foot is turned in the world. */
  readonly turn: Quaternion;
  /** Radians that its toes are bent up against it. */
  readonly toes: number;
  /** From 0 on the floor to 1 in the middle of a swing: how free it is to be elsewhere. */
  readonly free: number;
}

const RADIANS = Math.PI / 180;
/** The share of the pitch's last speed that it would have on an even way up. */
const PUSH = 1.5;

/** Seconds in which a stance's sole comes down and its heel or toe comes up; together they take at most 0.95 of it. */
function rolls({ start, end, before, after }: Stance): { landing: number; leaving: number } {
  const [landing, leaving] = [before?.landing ?? 0, after?.leaving ?? 0];
  const share = Math.min(1, (0.95 * (end - start)) / (landing + leaving || 1));
  return { landing: share * landing, leaving: share * leaving };
}

const pushOf = (stance: Stance): number => {
  const { leaving } = rolls(stance);
  return leaving > 0 ? (PUSH * stance.after!.leavePitch) / leaving : 0;
};

/** Degrees of the foot's pitch within a stance. */
function standingPitch(stance: Stance, t: number): number {
  const { start, end, before, after } = stance;
  const { landing, leaving } = rolls(stance);
  if (before && t < start + landing)
    return through(
      [
        { at: start, value: before.landPitch },
        { at: start + landing, value: 0 },
      ],
      t,
    );
  if (!after || t <= end - leaving) return 0;
  return through(
    [
      { at: end - leaving, value: 0 },
      { at: end, value: after.leavePitch, rate: pushOf(stance) },
    ],
    t,
  );
}

const SKEW = 0.83;
/** A hump of height 1 over [0, 1]: highest at 0.41 of a swing that ends on the heel, and at 0.59 of one on the ball. */
const hump = (s: number, onBall: boolean): number => {
  const x = onBall ? 1 - (1 - s) ** SKEW : s ** SKEW;
  return 16 * x * x * (1 - x) ** 2;
};

/** Share of a swing, at its end on the ball of the foot, in which the foot only comes down. */
const DOWN = 0.1;

/** The ankle of a foot that rolls about its ball by the share `ball`, and else about its ankle, on a place. */
function placed(body: Body, foot: Side, at: Vector, heading: number, pitch: number, ball: number): Omit<Foot, "free"> {
  const facing = yaw(heading);
  const turn = multiply(facing, aboutAxis([1, 0, 0], pitch * RADIANS));
  const [flat, rolled] = [rotate(facing, body.foot[foot]), rotate(turn, body.foot[foot])];
  const roll = (axis: 0 | 1 | 2) => at[axis] + ball * (flat[axis] - rolled[axis]);
  return { ankle: [roll(0), roll(1), roll(2)], turn, toes: Math.max(0, pitch * RADIANS) * ball };
}

/** A foot at time `t`; `stances` are its own, in the order of time. */
export function footAt(body: Body, foot: Side, stances: readonly Stance[], t: number): Foot {
  const next = stances.findIndex(({ end }) => end >= t);
  const [a, b] = [stances[Math.max(0, next - 1)], stances[next]];
  if (t >= b.start) {
    const pitch = standingPitch(b, t);
    return { ...placed(body, foot, [b.x, body.ankle, b.z], b.yaw, pitch, pitch > 0 ? 1 : 0), free: 0 };
  }
  const flight = b.before!;
  const s = (t - a.end) / (b.start - a.end);
  const onBall = flight.landPitch > 0;
  const along = ease(onBall ? s / (1 - DOWN) : s);
  const { forward, up, pitch } = flight.detour?.(s) ?? { forward: 0, up: 0, pitch: 0 };
  const heading = mix(a.yaw, b.yaw, along);
  const from = { at: a.end, value: flight.leavePitch, rate: pushOf(a) };
  const tilt =
    through([from, { at: b.start, value: flight.landPitch }], t) + flight.swingPitch * hump(s, onBall) + pitch;
  const ball = mix(flight.leavePitch > 0 ? 1 : 0, flight.landPitch > 0 ? 1 : 0, ease((s - 0.1) / 0.8));
  const at: Vector = [
    mix(a.x, b.x, along) + body.scale * forward * Math.sin(heading),
    body.ankle + body.scale * (flight.lift * hump(s, onBall) + up),
    mix(a.z, b.z, along) + body.scale * forward * Math.cos(heading),
  ];
  const free = ease(s / FREE) * ease((1 - s) / FREE);
  return { ...placed(body, foot, at, heading, tilt, ball), free };
}

/** Share of a swing in which a foot comes to be free, and ceases to be. */
const FREE = 0.25;
const SLACK = 1e-9;

/** Whether the ankle, and the foot's ball, stay where they are all the time from `from` to `to`. */
export function standsThrough(stances: readonly Stance[], from: number, to: number): readonly [boolean, boolean] {
  const stance = stances.find(({ start, end }) => start <= from + SLACK && to <= end + SLACK);
  if (!stance) return [false, false];
  const { start, end, before, after } = stance;
  const { landing, leaving } = rolls(stance);
  const landsOnBall = (before?.landPitch ?? 0) > 0;
  const leavesFromBall = (after?.leavePitch ?? 0) > 0;
  const within = (onBall: boolean) =>
    from + SLACK >= (landsOnBall === onBall ? start : start + landing) &&
    to <= (leavesFromBall === onBall ? end : end - leaving) + SLACK;
  return [within(false), within(true)];
}

/** Metres below which a foot's ball counts as near the floor, and a second at which it would seem to skate there. */
const [NEAR, SKATING] = [0.05, 0.5];

/** Whether a foot is drawn over the floor between two moments `seconds` apart. */
export function drags(body: Body, foot: Side, before: Foot, after: Foot, seconds: number): boolean {
  const [a, b] = [before, after].map(({ ankle, turn }) => added(ankle, rotate(turn, body.foot[foot])));
  return Math.max(a[1], b[1]) < NEAR && Math.hypot(b[0] - a[0], b[2] - a[2]) > SKATING * seconds;
}
