import { GESTURE_CHANNELS } from "../../motion/gesture-channels.js";
import type { Random } from "../../random/index.js";
import type { Behaviour, Person } from "./behaviour.js";
import { bump, clip, overFrames } from "./curves.js";
import type { Syllable } from "./speech.js";

/** A gesture of one arm or both that goes with a stressed syllable. */
export interface Beat {
  /** Of the syllable and of the gesture's farthest place, seconds. */
  readonly stress: number;
  readonly apex: number;
  readonly arms: readonly (0 | 1)[];
}

const WIDTH = GESTURE_CHANNELS.length;
/** Seconds at least between the stresses of two gestures. */
const APART = 0.35;

/** Adds gestures to a speaker's channels [T, 12]. */
export function addBeats(
  channels: Float32Array,
  random: Random,
  { syllables, person, behaviour }: { syllables: readonly Syllable[]; person: Person; behaviour: Behaviour },
): Beat[] {
  const { extraversion, conscientiousness, openness, hand } = person;
  const chance = clip(0.55 + 0.2 * extraversion, 0.1, 0.95);
  const [rise, fall] = [0.27, 0.45 * (1 + 0.2 * conscientiousness)];
  const beats: Beat[] = [];
  let last = -Infinity;
  for (const { time: stress, stressed, amplitude } of syllables) {
    if (!stressed || stress - last < APART) continue;
    if (random.uniform() >= chance) continue;
    last = stress;
    const apex = stress + behaviour.latency + 0.02 * random.normal();
    const loud = 0.6 + 0.4 * amplitude;
    const size = 0.55 * behaviour.size * (1 + 0.5 * extraversion) * loud * Math.exp(0.15 * random.normal());
    const which = random.uniform();
    const other = (1 - hand) as 0 | 1;
    const arms = which < 0.5 ? [hand] : which < 0.75 ? [other] : ([0, 1] as const);
    const varied = () => 1 + 0.25 * (1 + 0.6 * openness) * random.normal();
    for (const arm of arms) {
      const gains = [varied(), 0.9 * varied(), 0.4 * varied(), -0.5];
      overFrames(channels.length / WIDTH, apex - rise, apex + fall, (frame, now) => {
        const height = size * bump(now, apex, rise, fall);
        for (const [i, gain] of gains.entries()) channels[frame * WIDTH + 4 * arm + i] += gain * height;
      });
    }
    beats.push({ stress, apex, arms });
  }
  return beats;
}
