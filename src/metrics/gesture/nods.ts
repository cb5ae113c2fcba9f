import { quantile } from "../quantile.js";
import { type Rows, smooth } from "./rows.js";

/** How far the head goes down beside where it was in the second around, radians; and seconds from a nod to the next. */
const [DEPTH, APART] = [0.06, 0.8];
/** Seconds after a stress in which a nod answers it. */
const [SOONEST, LATEST] = [0.2, 1];

/**
 * When the head is lowest in a nod, seconds: the neck's pitch [T] (radians, down where positive) is highest of the three
 * frames on either side and 0.06 rad above its mean over a second; the first of each 0.8 s.
 */
export function nodsIn(pitch: Rows, fps: number): number[] {
  const around = smooth(pitch, Math.round(fps));
  const nods: number[] = [];
  for (let t = 3; t < pitch.length - 3; t++) {
    let highest = pitch[t] - around[t] > DEPTH;
    for (let k = 1; highest && k <= 3; k++) highest = pitch[t] >= pitch[t - k] && pitch[t] > pitch[t + k];
    const time = (t + 0.5) / fps;
    if (highest && time - (nods.at(-1) ?? -Infinity) >= APART) nods.push(time);
  }
  return nods;
}

export interface NodAnswers {
  /** Share of the partner's stresses that a listener nods to 0.2 to 1 s later. */
  readonly probability: number;
  /** Median of the seconds from a stress to the nod; null without nods. */
  readonly latency: number | null;
}

/**
 * How a listener answers the partner's stresses with nods, over many people.
 * @param people Of each: the nods ({@link nodsIn}) and the partner's stresses while the person listens, seconds. A stress
 * within 0.8 s of the one before is left out: a nod could answer either.
 * @throws RangeError where there is no stress
 */
export function nodAnswers(people: readonly { nods: readonly number[]; stresses: readonly number[] }[]): NodAnswers {
  const delays: number[] = [];
  let asked = 0;
  for (const { nods, stresses } of people) {
    let last = -Infinity;
    for (const stress of stresses) {
      if (stress - last < APART) continue;
      last = stress;
      asked++;
      const nod = nods.find((time) => time >= stress + SOONEST && time <= stress + LATEST);
      if (nod !== undefined) delays.push(nod - stress);
    }
  }
  if (asked === 0) throw new RangeError("There is no stress that a listener could answer.");
  return { probability: delays.length / asked, latency: delays.length > 0 ? quantile(delays, 0.5) : null };
}
