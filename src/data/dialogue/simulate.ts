import { GESTURE_CHANNELS, NECK_PITCH } from "../../motion/gesture-channels.js";
import type { Random } from "../../random/index.js";
import { DIALOGUE_FPS } from "../dialogue-dataset.js";
import { addBeats, type Beat } from "./beats.js";
import { BEHAVIOURS, drawPerson, type Person } from "./behaviour.js";
import { addFidget } from "./fidget.js";
import { addLeaning } from "./leaning.js";
import { addNods } from "./nods.js";
import { drawSyllables, envelopeOf, type Syllable } from "./speech.js";
import { drawTurns, type Turn } from "./turns.js";
import { voiceOf } from "./voice.js";

export interface Simulated {
  readonly frames: number;
  readonly turns: readonly Turn[];
  readonly people: readonly [SimulatedPerson, SimulatedPerson];
}

/** One of the two, with the truth about what was said and done. */
export interface SimulatedPerson {
  readonly person: Person;
  readonly syllables: readonly Syllable[];
  /** How loud the speech is, [T]. */
  readonly envelope: Float32Array;
  readonly beats: readonly Beat[];
  /** When nods begin to be seen, seconds. */
  readonly nods: readonly number[];
  /** The motion, [T, 12]: see GESTURE_CHANNELS. */
  readonly channels: Float32Array;
}

export interface SimulateOptions {
  readonly frames: number;
  /** Index of RELATIONS. */
  readonly relation: number;
  /** Instead of people that are drawn. */
  readonly people?: readonly [Person, Person];
}

const WIDTH = GESTURE_CHANNELS.length;
/** What a speaker's head moves with the loudness, radians. */
const HEAD = 0.05;

/** Two people who talk: turns, speech, gestures with stresses, nods of the listener, leaning that is mirrored, fidgeting. */
export function simulate(random: Random, { frames, relation, people }: SimulateOptions): Simulated {
  const behaviour = BEHAVIOURS[relation];
  const seconds = frames / DIALOGUE_FPS;
  const both = people ?? [drawPerson(random.split("person-0")), drawPerson(random.split("person-1"))];
  const turns = drawTurns(random.split("turns"), seconds, behaviour.overlap);
  const spoken = [0, 1].map((i) =>
    drawSyllables(
      random.split(`speech-${i}`),
      turns.filter(({ person }) => person === i),
    ),
  );
  const channels: [Float32Array, Float32Array] = [new Float32Array(frames * WIDTH), new Float32Array(frames * WIDTH)];
  addLeaning(channels, random.split("leaning"), behaviour);
  const one = (self: 0 | 1): SimulatedPerson => {
    const [own, person, syllables] = [channels[self], both[self], spoken[self]];
    const draws = random.split(`motion-${self}`);
    const beats = addBeats(own, draws.split("beats"), { syllables, person, behaviour });
    const nods = addNods(own, draws.split("nods"), { partner: spoken[1 - self], turns, self, person, behaviour });
    const envelope = envelopeOf(syllables, frames);
    for (let frame = 0; frame < frames; frame++) own[frame * WIDTH + NECK_PITCH] += HEAD * envelope[frame];
    addFidget(own, draws.split("fidget"), person);
    return { person, syllables, envelope, beats, nods, channels: own };
  };
  return { frames, turns, people: [one(0), one(1)] };
}

/** Loudest sample of the louder voice. */
const PEAK = 0.9;

/**
 * The two tracks of a dialogue, [seconds · 16000] at 16 kHz in [−1, 1]: one gain for both. `bleed` is the share of each
 * voice that the other one's microphone hears too.
 */
export function soundsOf({ people, frames }: Simulated, random: Random, bleed = 0): [Float32Array, Float32Array] {
  const [a, b] = people.map(({ syllables, person }, i) =>
    voiceOf(syllables, person, { seconds: frames / DIALOGUE_FPS, random: random.split(`voice-${i}`) }),
  );
  const mixed: [Float32Array, Float32Array] =
    bleed > 0 ? [a.map((value, at) => value + bleed * b[at]), b.map((value, at) => value + bleed * a[at])] : [a, b];
  let peak = 0;
  for (const track of mixed) for (const value of track) peak = Math.max(peak, Math.abs(value));
  if (peak > 0) for (const track of mixed) for (let at = 0; at < track.length; at++) track[at] *= PEAK / peak;
  return mixed;
}
