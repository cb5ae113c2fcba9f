import type { Random } from "../../../../random/index.js";
import { type Knot, through } from "../curves.js";
import { between } from "../manner.js";
import type { Score } from "../score.js";
import type { Hand } from "../slots.js";
import { armOf } from "../upper.js";

const curve = (...points: readonly (readonly [number, number])[]): Knot[] =>
  points.map(([at, value]) => ({ at, value }));

/** Stands on one leg and swings the other one back and high to the front. */
export function kick(score: Score, leg: Hand, random: Random): void {
  const foot = leg === "left" ? 0 : 1;
  const sign = leg === "left" ? 1 : -1;
  const begin = score.time;
  const leave = begin + between(random, 0.45, 0.55);
  const air = between(random, 1.2, 1.4);
  const land = leave + air;
  const end = land + between(random, 0.4, 0.5);
  const reach = between(random, 0.72, 0.84);
  const high = between(random, 0.25, 0.6);
  const hit = 0.58;
  const forward = curve([0, 0], [0.3, -0.3], [hit, reach], [0.8, 0.12], [1, 0]);
  const up = curve([0, 0], [0.24, 0.14], [hit, high], [0.8, 0.12], [1, 0]);
  const pitch = curve([0, 0], [0.28, 50], [hit, 0], [1, 0]);
  score.leaps.push({
    ...{ foot, start: leave, end: land, lift: 0.1, leavePitch: 22, swingPitch: 0, landPitch: -5 },
    ...{ leaving: 0.25, landing: 0.15 },
    detour: (s) => ({ forward: through(forward, s), up: through(up, s), pitch: through(pitch, s) }),
  });
  const weight = curve([begin, 0], [leave - 0.02, 1], [land, 1], [end, 0]);
  const effort = curve([leave, 0], [leave + hit * air, 1], [land, 0]);
  score.pelvis.push({
    ...{ from: begin, to: end },
    at: (t) => {
      const [shift, swing] = [through(weight, t), through(effort, t)];
      return {
        ...{ left: -0.075 * sign * shift, up: -0.025 * shift, forward: 0.02 * shift - 0.04 * swing },
        ...{ pitch: 2 * shift - 12 * swing, yaw: -8 * sign * swing },
      };
    },
  });
  score.upper.push({
    ...{ from: begin, to: end, fade: 0.4 },
    at: (t) => {
      const swing = through(effort, t);
      return {
        ...{ lean: 4 + 6 * swing, turn: 12 * sign * swing },
        ...armOf(foot, -5 - 30 * swing, 25, 0, 25),
        ...armOf(foot === 0 ? 1 : 0, 5 + 40 * swing, 28, 0, 35),
      };
    },
  });
  score.time = end + 0.1;
}
