import type { Random } from "../../../../random/index.js";
import { type Knot, through } from "../curves.js";
import { between } from "../manner.js";
import type { Score } from "../score.js";

/** Bends the knees, stays low, and stands up again. */
export function crouch(score: Score, seconds: number, random: Random): void {
  const begin = score.time;
  const end = begin + seconds;
  const [down, up] = [between(random, 0.8, 1.1), between(random, 0.8, 1.1)].map((part) => Math.min(part, seconds / 3));
  const depth = between(random, 0.26, 0.42);
  const bend: Knot[] = [
    { at: begin, value: 0 },
    { at: begin + down, value: 1 },
    { at: end - up, value: 1 },
    { at: end, value: 0 },
  ];
  const arms = between(random, 25, 55);
  score.pelvis.push({
    ...{ from: begin, to: end },
    at: (t) => {
      const share = through(bend, t);
      return { up: -depth * share, forward: -0.09 * share, pitch: 20 * share };
    },
  });
  score.upper.push({
    ...{ from: begin, to: end, fade: Math.min(down, up) },
    at: () => ({
      ...{ lean: 25, nod: -22, leftForward: arms, rightForward: arms },
      ...{ leftElbow: 35, rightElbow: 35, leftSpread: 12, rightSpread: 12 },
    }),
  });
  score.time = end;
}
