import { GESTURE_CHANNELS, NECK_PITCH } from "../../motion/gesture-channels.js";
import type { Random } from "../../random/index.js";
import type { Behaviour, Person } from "./behaviour.js";
import { clip, overFrames } from "./curves.js";
import type { Syllable } from "./speech.js";
import { speaks, type Turn } from "./turns.js";

const WIDTH = GESTURE_CHANNELS.length;
/** Seconds at least between two nods. */
const APART = 0.8;

/**
 * Adds a listener's nods to the channels [T, 12]: short swings of the head that die away, after stressed syllables of
 * the partner. Gives when each one is, seconds.
 */
export function addNods(
  channels: Float32Array,
  random: Random,
  heard: { partner: readonly Syllable[]; turns: readonly Turn[]; self: 0 | 1; person: Person; behaviour: Behaviour },
): number[] {
  const { partner, turns, self, behaviour } = heard;
  const eager = 1 + 0.3 * heard.person.agreeableness;
  const chance = clip(behaviour.nod * eager, 0, 1);
  const nods: number[] = [];
  for (const { time, stressed } of partner) {
    if (!stressed || random.uniform() >= chance) continue;
    const centre = time + behaviour.latency + 0.25 + 0.04 * random.normal();
    if (speaks(turns, self, centre) || centre - (nods.at(-1) ?? -Infinity) < APART) continue;
    nods.push(centre);
    overFrames(channels.length / WIDTH, centre - 0.1, centre + 0.9, (frame, now) => {
      const t = now - centre + 0.1;
      if (t < 0 || t > 1) return;
      channels[frame * WIDTH + NECK_PITCH] += 0.18 * eager * Math.sin(2 * Math.PI * 2.2 * t) * Math.exp(-2 * t);
    });
  }
  return nods;
}
