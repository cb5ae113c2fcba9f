import type { Random } from "../../random/index.js";
import { bump, gamma, overFrames } from "./curves.js";
import type { Turn } from "./turns.js";

export interface Syllable {
  /** When it is loudest, seconds. */
  readonly time: number;
  readonly stressed: boolean;
  /** 1 where stressed, 0.45 else, give or take 15 %. */
  readonly amplitude: number;
  /** The turn that it is of, seconds. */
  readonly turn: Turn;
}

/** Seconds in which a syllable grows loud and fades. */
export const [RISE, FALL] = [0.07, 0.13];

/** The syllables of a person's turns, five a second, three of ten stressed, with a short pause after six to nine. */
export function drawSyllables(random: Random, turns: readonly Turn[]): Syllable[] {
  return turns.flatMap((turn) => {
    const syllables: Syllable[] = [];
    let left = 6 + random.integer(4);
    for (let time = turn.start + RISE; time < turn.end; time += gamma(random, 9, 0.022)) {
      const stressed = random.uniform() < 0.3;
      const amplitude = (stressed ? 1 : 0.45) * (0.85 + 0.3 * random.uniform());
      syllables.push({ time, stressed, amplitude, turn });
      if (--left === 0) {
        left = 6 + random.integer(4);
        time += 0.25;
      }
    }
    return syllables;
  });
}

/** How loud the speech of syllables is in each frame, [T]. */
export function envelopeOf(syllables: readonly Syllable[], frames: number): Float32Array {
  const envelope = new Float32Array(frames);
  for (const { time, amplitude } of syllables)
    overFrames(frames, time - RISE, time + FALL, (frame, now) => {
      envelope[frame] = Math.max(envelope[frame], amplitude * bump(now, time, RISE, FALL));
    });
  return envelope;
}
