import type { Random } from "../../../../random/index.js";
import type { Side } from "../body.js";
import { goingOf, STANDING, secondsBetween } from "../gaits.js";
import type { Manner } from "../manner.js";
import { type Act, GAIT_OF } from "../plan.js";
import type { Score } from "../score.js";
import type { Slots } from "../slots.js";
import type { Stretch } from "./stretch.js";
import { waving } from "./wave.js";

/** Seconds from the body's first move to the first step, and from the last step to its rest. */
const [LEAD, SETTLE] = [0.22, 0.25];
/** Cycles a second at which a fast gait begins and ends. */
const FIRST_CADENCE = 1.25;
/** Share of a change of speed in which steps become quicker and shorter, early in speeding up and late in slowing down. */
const STEPS_CHANGE = 0.6;

/** The gait that an act is, or is done over; undefined where it is done on the spot. */
export const gaitOf = ({ action, over }: Slots) => (over === "walk" ? "walk" : GAIT_OF[action]);

function aimOf(manner: Manner, slots: Slots) {
  const gait = gaitOf(slots)!;
  const rate =
    gait === "turn" ? slots.turn : gait === "side" && slots.direction === "right" ? -slots.speed : slots.speed;
  const { going, style } = goingOf(gait, rate);
  return { going: { ...going, turn: slots.turn, cadence: going.cadence * manner.pace }, style: manner.style(style) };
}

/** Which foot steps first: to a side the one that is there. */
const firstFoot = ({ action }: Slots, random: Random): Side =>
  action.endsWith("-left") ? 0 : action.endsWith("-right") ? 1 : (random.integer(2) as Side);

/** Steps through acts that follow each other without a rest, from standing to standing. */
export function go(score: Score, manner: Manner, acts: readonly Act[], random: Random): Stretch[] {
  const begin = score.time;
  const start = begin + LEAD;
  const boundaries: number[] = [];
  let speed = 0;
  let time = begin;
  for (const { slots, seconds } of acts) {
    const { going, style } = aimOf(manner, slots);
    const { cadence, ...course } = going;
    const next = Math.hypot(going.forward, going.side);
    const ramp = secondsBetween(speed, next);
    const from = time === begin ? begin : time - ramp / 2;
    const change = next === speed ? ramp : STEPS_CHANGE * ramp;
    const early = next < speed ? ramp - change : 0;
    if (time === begin) score.going.go(begin, LEAD, { cadence: Math.min(cadence, FIRST_CADENCE) });
    score.going.go(from, ramp, course).go(from + early, change, { cadence });
    score.style.go(from + early, change, style);
    if (slots.action === "wave") score.upper.push(waving(slots.arm!, time + 0.2, time + seconds - 0.2, random));
    speed = next;
    time += seconds;
    boundaries.push(time);
  }
  const end = stop(score, manner, start, time, speed);
  boundaries[boundaries.length - 1] = end;
  score.steps.push({ start, end, first: firstFoot(acts[0].slots, random) });
  score.travels.push({ start: begin, end: end + SETTLE });
  score.time = end + SETTLE + 0.1;
  return acts.map(({ slots }, i) => ({ slots, start: boundaries[i - 1] ?? begin, end: boundaries[i] }));
}

/** Comes to stand at about `time`, with the last step's landing, which is returned. */
function stop({ going, style }: Score, manner: Manner, start: number, time: number, speed: number): number {
  const ramp = secondsBetween(speed, 0);
  const last = 0.2;
  const slower = Math.max(0.15, STEPS_CHANGE * ramp - SETTLE - last);
  const cadence = going.at(time).cadence;
  const slow = Math.min(cadence, FIRST_CADENCE);
  const cycles = (end: number) =>
    going.integral("cadence", end - last - slower) -
    going.integral("cadence", start) +
    (slower * (cadence + slow)) / 2 +
    last * slow;
  const step = 1 - STANDING.duty;
  const steps = Math.max(1, Math.round(2 * (cycles(time) - step)));
  const end = time + (steps / 2 + step - cycles(time)) / cadence;
  going
    .go(end + SETTLE - ramp, ramp, { forward: 0, side: 0, turn: 0 })
    .go(end - last - slower, slower, { cadence: slow });
  style.go(end - STEPS_CHANGE * ramp, STEPS_CHANGE * ramp, manner.style(STANDING));
  return end;
}
