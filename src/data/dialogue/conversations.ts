import { dialogueFeatures } from "../../audio/index.js";
import { WrongUse } from "../../io/wrong-use.js";
import { gestureOf } from "../../motion/gesture-channels.js";
import { Random } from "../../random/index.js";
import { DIALOGUE_FPS, type Dialogue, type DialogueDataset, RELATIONS, TRAITS } from "../dialogue-dataset.js";
import { madeInTurns, type Work } from "../made-in-turns.js";
import { type Simulated, simulate, soundsOf } from "./simulate.js";

export interface ConversationOptions {
  /** Pairs of people to train on; 400 if absent. */
  readonly dyads?: number;
  /** Pairs to test with, of other people; a fifth as many if absent. */
  readonly test?: number;
  /** How long each pair talks, 2 to 120 s; 10 if absent. */
  readonly seconds?: number;
  /** Share of each voice that is heard on the other one's track too, 0 to 1; 0 if absent. */
  readonly bleed?: number;
  /** The same seed gives the same bytes; 0 if absent. */
  readonly seed?: number;
}

/** A conversation of a data set, with the truth about it. */
export interface Conversation extends Dialogue {
  readonly truth: Simulated;
}

export interface ConversationDataset extends DialogueDataset {
  train: readonly Conversation[];
  test: readonly Conversation[];
}

interface Draw {
  readonly name: string;
  readonly random: Random;
  readonly relation: number;
  readonly frames: number;
  readonly bleed: number;
}

/** A conversation, and its two sounds [seconds · 16000]. */
export function drawConversation({ name, random, relation, frames, bleed }: Draw): {
  conversation: Conversation;
  sounds: [Float32Array, Float32Array];
} {
  const truth = simulate(random.split("dialogue"), { frames, relation });
  const sounds = soundsOf(truth, random.split("sound"), bleed);
  const features = dialogueFeatures(sounds);
  const speaker = (i: 0 | 1) => {
    const { person, channels } = truth.people[i];
    return {
      id: `${name}-${"ab"[i]}`,
      sound: features[i],
      gesture: gestureOf(channels),
      traits: Float32Array.from(TRAITS, (trait) => person[trait]),
      valid: null,
    };
  };
  return { conversation: { name, frames, relation, people: [speaker(0), speaker(1)], truth }, sounds };
}

/** @throws WrongUse for numbers out of range */
function checked({ dyads = 400, seconds = 10, bleed = 0, seed = 0, ...rest }: ConversationOptions) {
  const { test = Math.ceil(dyads / 5) } = rest;
  for (const [name, count] of Object.entries({ dyads, test }))
    if (!(Number.isInteger(count) && count >= 0))
      throw new WrongUse(`${name} must be a whole number, at least 0, got ${count}.`);
  if (!(seconds >= 2 && seconds <= 120)) throw new WrongUse(`seconds must be from 2 to 120, got ${seconds}.`);
  if (!(bleed >= 0 && bleed <= 1)) throw new WrongUse(`bleed must be from 0 to 1, got ${bleed}.`);
  return { dyads, test, bleed, seed, frames: Math.floor(seconds * DIALOGUE_FPS) };
}

/** What a data set says of itself, and what makes each of its conversations. */
function plan(options: ConversationOptions) {
  const { dyads, test, frames, bleed, seed } = checked(options);
  const random = new Random(seed);
  const makers = (split: string, count: number) =>
    Array.from({ length: count }, (_, i) => () => {
      const draws = random.split(split).split(i);
      const relation = i % RELATIONS.length;
      return drawConversation({ name: `${split}-${i}`, random: draws, relation, frames, bleed }).conversation;
    });
  const about = {
    ...({ id: "conversations", kind: "dialogue", fps: DIALOGUE_FPS, origin: "procedural" } as const),
    ...{ licence: "Apache-2.0", attribution: "made by fewstep" },
  };
  return { about, train: makers("train", dyads), test: makers("test", test) };
}

/**
 * People who talk in pairs, made by a procedure from a seed: their voices, how they gesture as they speak, nod as they
 * listen and mirror each other; friends, strangers, family and couples in turn. Each person is in one conversation only.
 * Conversation i is the same however many there are.
 *
 * @throws WrongUse for numbers out of range
 */
export function conversations(options: ConversationOptions = {}): ConversationDataset {
  const { about, train, test } = plan(options);
  return { ...about, train: train.map((make) => make()), test: test.map((make) => make()) };
}

/** {@link conversations} in a time of its own: events have their turn, and the signal stops it. */
export async function makeConversations(
  options: ConversationOptions = {},
  work: Work = {},
): Promise<ConversationDataset> {
  const { about, train, test } = plan(options);
  const all = await madeInTurns([...train, ...test], { task: "making conversations", unit: "dialogues", ...work });
  return { ...about, train: all.slice(0, train.length), test: all.slice(train.length) };
}

/**
 * Two voices to let a model listen to: a conversation that is in no data set, with the sound of each person
 * [seconds · 16000] in [−1, 1]. `relation` is an index of RELATIONS.
 */
export function drawVoices({
  seconds = 10,
  relation = 0,
  bleed = 0,
  seed = 0,
}: {
  seconds?: number;
  relation?: number;
  bleed?: number;
  seed?: number;
} = {}) {
  const { frames } = checked({ seconds, bleed });
  return drawConversation({ name: `seed-${seed}`, random: new Random(seed, "voices"), relation, frames, bleed });
}
