import type { Random } from "../../../../random/index.js";
import type { Manner } from "../manner.js";
import type { Act } from "../plan.js";
import type { Score } from "../score.js";
import { crouch } from "./crouch.js";
import { gaitOf, go } from "./going.js";
import { jump } from "./jump.js";
import { kick } from "./kick.js";
import { punch } from "./punch.js";
import type { Stretch } from "./stretch.js";
import { waving } from "./wave.js";

export type { Stretch } from "./stretch.js";

/** Writes acts into a score, one after the other; what goes on by steps goes over into each other. */
export function write(score: Score, manner: Manner, acts: readonly Act[], random: Random): Stretch[] {
  const stretches: Stretch[] = [];
  for (let i = 0; i < acts.length; ) {
    const rest = acts.slice(i);
    const standing = rest.findIndex(({ slots }) => !gaitOf(slots));
    const group = standing < 0 ? rest : rest.slice(0, standing);
    if (group.length > 0) stretches.push(...go(score, manner, group, random));
    else stretches.push(onTheSpot(score, manner, acts[i], random));
    i += Math.max(1, group.length);
  }
  return stretches;
}

function onTheSpot(score: Score, manner: Manner, { slots, seconds }: Act, random: Random): Stretch {
  const start = score.time;
  const { action, arm, times, direction } = slots;
  const repeated = (once: () => void) => {
    for (let i = 0; i < times; i++) once();
  };
  if (action === "jump") repeated(() => jump(score, manner, direction === "forward", random));
  else if (action === "kick") repeated(() => kick(score, arm!, random));
  else if (action === "crouch") repeated(() => crouch(score, seconds / times, random));
  else if (action === "punch") punch(score, arm!, times, Math.max(seconds, 1 + 0.55 * times), random);
  else {
    if (action === "wave") score.upper.push(waving(arm!, start, start + seconds, random));
    score.time = start + seconds;
  }
  return { slots, start, end: score.time };
}
