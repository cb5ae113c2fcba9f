import type { Random } from "../../../../random/index.js";
import { ease } from "../curves.js";
import { between } from "../manner.js";
import type { Score } from "../score.js";
import type { Hand } from "../slots.js";
import { armOf } from "../upper.js";

/** Raises both fists before the chest and strikes `times` times with one of them. */
export function punch(score: Score, hand: Hand, times: number, seconds: number, random: Random): void {
  const side = hand === "left" ? 0 : 1;
  const sign = hand === "left" ? 1 : -1;
  const begin = score.time;
  const end = begin + seconds;
  const [raised, elbow] = [between(random, 30, 42), between(random, 118, 132)];
  const spread = between(random, 12, 22);
  const guard = ([0, 1] as const).map((arm) => armOf(arm, raised, spread, -10, elbow));
  score.upper.push({
    ...{ from: begin, to: end, fade: 0.5 },
    at: () => ({ ...guard[0], ...guard[1], lean: 7, nod: 2 }),
  });
  const room = (seconds - 1) / times;
  for (let i = 0; i < times; i++) {
    const start = begin + 0.5 + i * room + 0.02;
    const length = Math.min(room, between(random, 0.5, 0.62));
    const high = between(random, 78, 95);
    score.upper.push({
      ...{ from: start, to: start + length, fade: length / 2 },
      at: () => ({ ...armOf(side, high, 3, -10, 8), turn: -sign * 22, lean: 11 }),
    });
    score.pelvis.push({
      ...{ from: start, to: start + length },
      at: (t) => {
        const strike = ease((2 * (t - start)) / length) * ease((2 * (start + length - t)) / length);
        return { forward: 0.03 * strike, yaw: -sign * 9 * strike, up: -0.015 * strike };
      },
    });
  }
  score.time = end;
}
