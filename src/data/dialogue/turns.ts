import type { Random } from "../../random/index.js";
import { clip } from "./curves.js";

/** A stretch in which one of the two speaks, seconds. */
export interface Turn {
  readonly person: 0 | 1;
  readonly start: number;
  readonly end: number;
}

/**
 * Who speaks when: the two take turns from before 0 to the end. A turn lasts 2.5 s in the middle; the next one begins
 * after a pause of 0.2 s, or, with the probability `overlap`, about as much before the end.
 */
export function drawTurns(random: Random, seconds: number, overlap: number): Turn[] {
  const turns: Turn[] = [];
  let person = random.integer(2) as 0 | 1;
  for (let start = -2 * random.uniform(); start < seconds; person = (1 - person) as 0 | 1) {
    const end = start + clip(2.5 * Math.exp(0.5 * random.normal()), 0.8, 7);
    turns.push({ person, start, end });
    const early = random.uniform() < overlap ? 0.4 : 0;
    start = end + clip(0.2 + 0.25 * random.normal() - early, -0.8, 1.2);
  }
  return turns;
}

/** Whether a person's turn is on at a time. */
export const speaks = (turns: readonly Turn[], person: number, time: number): boolean =>
  turns.some((turn) => turn.person === person && time >= turn.start && time <= turn.end);
