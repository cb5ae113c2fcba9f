import { SAMPLE_RATE } from "../../audio/index.js";
import { Random } from "../../random/index.js";
import { type Synthesiser, VOICES, type Voice } from "./flite.js";
import { type Acquaintance, writeScript } from "./script.js";

/** Something that one person says. Times are in seconds. */
export interface SpokenTurn {
  readonly person: 0 | 1;
  readonly start: number;
  readonly end: number;
  readonly text: string;
  /** Said while the other one has the turn. */
  readonly isBackChannel: boolean;
}

/** A conversation that was spoken by a synthesiser. */
export interface SpokenDialogue {
  readonly relation: Acquaintance;
  readonly voices: readonly [Voice, Voice];
  /** Samples of each person at 16 kHz, equally many. */
  readonly sounds: readonly [Float32Array, Float32Array];
  /** In the order of their beginnings. */
  readonly turns: readonly SpokenTurn[];
}

/** Probability that somebody begins before the other has ended, and that a listener says something. */
const MANNERS: Record<Acquaintance, { overlap: number; backChannel: number }> = {
  friend: { overlap: 0.25, backChannel: 0.45 },
  stranger: { overlap: 0.05, backChannel: 0.3 },
  family: { overlap: 0.35, backChannel: 0.25 },
  dating: { overlap: 0.15, backChannel: 0.55 },
};

/** Seconds of a turn in which a listener may say something, its loudness, and silence around the conversation. */
const [LONG_TURN, SOFT, AROUND] = [1.5, 0.6, 0.3];
const LOUDEST = 0.7;

const clip = (value: number, least: number, most: number) => Math.max(least, Math.min(most, value));

/**
 * Speaks a scripted conversation of two people: by turns, with pauses and interruptions as the relation has them, and
 * what listeners say. `bleed` (0…0.5) is how much of each voice the other one's microphone hears too. The same seed gives the same samples.
 * @throws where the bleed is out of its range.
 */
export async function speakDialogue(
  synthesiser: Synthesiser,
  { relation, seed, bleed = 0, seconds = Number.POSITIVE_INFINITY }: DialogueWishes,
): Promise<SpokenDialogue> {
  if (!(bleed >= 0 && bleed <= 0.5)) throw new Error(`The bleed is ${bleed}; it must be 0…0.5.`);
  const random = new Random(seed);
  const { lines, backChannels } = writeScript(random.split("script"), relation);
  const voices = drawVoices(random.split("voices"));
  const timing = random.split("timing");
  const { overlap, backChannel } = MANNERS[relation];
  const said: (SpokenTurn & { samples: Float32Array })[] = [];
  const add = async (person: 0 | 1, start: number, text: string, isBackChannel: boolean) => {
    const samples = await synthesiser.say(text, voices[person]);
    const end = start + samples.length / SAMPLE_RATE;
    if (end + AROUND <= seconds) said.push({ person, start, end, text, isBackChannel, samples });
    return end;
  };
  let start = AROUND;
  for (const [i, text] of lines.entries()) {
    const person = (i % 2) as 0 | 1;
    const end = await add(person, start, text, false);
    if (end + AROUND > seconds) break;
    const place = start + (0.3 + 0.3 * timing.uniform()) * (end - start);
    const word = backChannels[timing.integer(backChannels.length)];
    const reacts = timing.uniform() < backChannel && end - start > LONG_TURN;
    const reacted = reacts ? await add(person === 0 ? 1 : 0, place, word, true) : 0;
    const early = timing.uniform() < overlap ? 0.4 : 0;
    start = Math.max(reacted, end + clip(0.2 + 0.25 * timing.normal() - early, -0.8, 1.2)); // nobody interrupts themselves
  }
  return { relation, voices, sounds: mix(said, bleed), turns: ordered(said) };
}

/** What is asked of a conversation. */
export interface DialogueWishes {
  relation: Acquaintance;
  seed: number;
  /** Part of each voice that is heard in the other one's track; default 0. */
  bleed?: number;
  /** The conversation stops before a turn that would end later; default: it is spoken to its end. */
  seconds?: number;
}

function drawVoices(random: Random): [Voice, Voice] {
  const first = random.integer(2);
  const voice = (name: Voice["name"]): Voice => ({
    name,
    pitch: 0.94 + 0.12 * random.uniform(),
    stretch: 0.9 + 0.2 * random.uniform(),
  });
  return [voice(VOICES[first]), voice(VOICES[1 - first])];
}

function ordered(said: readonly (SpokenTurn & { samples: Float32Array })[]): SpokenTurn[] {
  return said.map(({ samples: _, ...turn }) => turn).sort((a, b) => a.start - b.start);
}

function mix(said: readonly (SpokenTurn & { samples: Float32Array })[], bleed: number): [Float32Array, Float32Array] {
  const length = Math.ceil((Math.max(0, ...said.map((turn) => turn.end)) + AROUND) * SAMPLE_RATE);
  const clean = [new Float32Array(length), new Float32Array(length)];
  for (const { person, start, samples, isBackChannel } of said) {
    const at = Math.round(start * SAMPLE_RATE);
    samples.forEach((sample, i) => {
      clean[person][at + i] += sample * (isBackChannel ? SOFT : 1);
    });
  }
  const [a, b] = clean.map((own, person) => own.map((sample, i) => sample + bleed * clean[1 - person][i]));
  const peak = Math.max(...[a, b].map((track) => track.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0)));
  const gain = peak > 0 ? LOUDEST / peak : 1;
  return [a.map((sample) => sample * gain), b.map((sample) => sample * gain)];
}
