import type { Random } from "../../../../random/index.js";
import { type Knot, through } from "../curves.js";
import { between, type Manner } from "../manner.js";
import type { Score } from "../score.js";

const GRAVITY = 9.81;
/** Height of the pelvis over its rest where the toes leave the floor and where they meet it again, scale 1. */
const [TAKE_OFF, TOUCH_DOWN] = [0.04, 0.02];

/** Crouches, leaves the floor at the speed that its height needs, and lands on bent knees. */
export function jump(score: Score, manner: Manner, forward: boolean, random: Random): void {
  const speed = between(random, 1.5, 2.8);
  const g = GRAVITY / manner.scale;
  const v = speed / manner.scale;
  const air = (v + Math.sqrt(v * v - 2 * g * (TOUCH_DOWN - TAKE_OFF))) / g;
  const [depth, give] = [
    0.1 + 0.055 * speed + between(random, 0, 0.05),
    0.06 + 0.05 * speed + between(random, 0, 0.05),
  ];
  const begin = score.time + 0.15;
  const low = begin + between(random, 0.38, 0.5);
  const leave = low + between(random, 0.24, 0.3);
  const land = leave + air;
  const absorbed = land + between(random, 0.2, 0.26);
  const end = absorbed + between(random, 0.5, 0.65);
  const at = (time: number, value: number): Knot => ({ at: time, value });
  const height: Knot[] = [
    at(begin, 0),
    at(low, -depth),
    { at: leave, value: TAKE_OFF, rate: v, acceleration: -g },
    { at: land, value: TOUCH_DOWN, rate: v - g * air, acceleration: -g },
    at(absorbed, -give),
    at(end, 0),
  ];
  const bend = [at(begin, 0), at(low, 1), at(leave, 0), at(land, 0.1), at(absorbed, 0.8), at(end, 0)];
  const shift = [at(begin, 0), at(leave, 0.05), at(land, 0.02), at(end, 0)];
  score.pelvis.push({
    ...{ from: begin, to: end },
    at: (t) => ({
      up: through(height, t),
      forward: through(shift, t) - 0.03 * through(bend, t),
      pitch: 14 * through(bend, t),
    }),
  });
  const [back, up] = [between(random, -38, -22), between(random, 45, 85)];
  const arms = [at(begin, 2), at(low, back), at(leave + 0.1, up), at(land + 0.05, 30), at(absorbed, 15), at(end, 2)];
  score.upper.push({
    ...{ from: begin - 0.1, to: end + 0.1, fade: 0.3 },
    at: (t) => {
      const [lean, arm] = [22 * through(bend, t), through(arms, t)];
      return {
        ...{ lean: 2 + lean, nod: -0.7 * lean, leftForward: arm, rightForward: arm },
        ...{ leftElbow: 20, rightElbow: 20, leftSpread: 12, rightSpread: 12 },
      };
    },
  });
  const rise = (speed * speed) / (2 * GRAVITY) / manner.scale;
  for (const foot of [0, 1] as const)
    score.leaps.push({
      ...{ foot, start: leave, end: land, lift: rise + 0.03 },
      ...{ leavePitch: 42, swingPitch: 12, landPitch: 22, leaving: leave - low - 0.04, landing: 0.13 },
    });
  if (forward) {
    const course = between(random, 0.4, 1.1) / (air + 0.25);
    score.going.go(leave - 0.22, 0.3, { forward: course }).go(land - 0.05, 0.35, { forward: 0 });
    score.travels.push({ start: leave - 0.22, end: land + 0.3 });
  }
  score.time = end + 0.05;
}
