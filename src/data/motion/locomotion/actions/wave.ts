import type { Random } from "../../../../random/index.js";
import { between } from "../manner.js";
import type { Hand } from "../slots.js";
import { armOf, type UpperLayer } from "../upper.js";

/** A raised arm whose forearm swings from side to side, over whatever the body does. */
export function waving(hand: Hand, from: number, to: number, random: Random): UpperLayer {
  const [hertz, width] = [between(random, 1.5, 2.3), between(random, 18, 27)];
  const [spread, forward, elbow] = [between(random, 85, 125), between(random, 5, 25), between(random, 55, 75)];
  const roll = between(random, -95, -75);
  const side = hand === "left" ? 0 : 1;
  return {
    ...{ from, to, fade: Math.min(0.7, (to - from) / 3) },
    at: (t) => {
      const swing = 2 * Math.PI * hertz * (t - from);
      const raised = spread + 4 * Math.sin(swing + 1);
      return { ...armOf(side, forward, raised, roll, elbow + width * Math.sin(swing)), tilt: hand === "left" ? -3 : 3 };
    },
  };
}
