import { dialogueFeatures, SAMPLE_RATE } from "../../src/audio/index.js";
import type { Conversation } from "../../src/data/dialogue/conversations.js";
import { DIALOGUE_FPS, type Dialogue, type Speaker } from "../../src/data/dialogue-dataset.js";
import type { AskedGesture, GestureSampler } from "../../src/judges/gesture/evaluate.js";

/** Both people of every dialogue. */
export const everybody = (dialogues: readonly Dialogue[]): AskedGesture[] =>
  dialogues.flatMap((dialogue) => ([0, 1] as const).map((side) => ({ dialogue, side })));

/** The two people of a dialogue, changed one by one. */
const each = (
  { people: [a, b] }: Dialogue,
  change: (speaker: Speaker, side: number) => Speaker,
): Dialogue["people"] => [change(a, 0), change(b, 1)];

/** Dialogues in which each person is changed, by the two of them. */
const changed = (
  dialogues: readonly Conversation[],
  change: (own: Speaker, partner: Speaker) => Speaker,
): Conversation[] =>
  dialogues.map((dialogue) => ({
    ...dialogue,
    people: each(dialogue, (own, side) => change(own, dialogue.people[1 - side])),
  }));

/** The two tracks exchanged: everybody hears the own voice as the other one's. */
export const exchanged = (dialogues: readonly Conversation[]): Conversation[] =>
  changed(dialogues, (own, partner) => ({ ...own, sound: partner.sound }));

/** Everybody of this extraversion (z-score), the other traits average. */
export const extraverted = (dialogues: readonly Conversation[], z: number): Conversation[] =>
  changed(dialogues, (own) => ({ ...own, traits: Float32Array.of(z, 0, 0, 0, 0) }));

const UNKNOWN = -1;
/** With nothing on the tracks of these. */
function silenced(dialogue: Dialogue, sides: readonly number[]): Dialogue {
  const nothing = new Float32Array(Math.ceil((dialogue.frames * SAMPLE_RATE) / DIALOGUE_FPS));
  const [silence] = dialogueFeatures([nothing, nothing]);
  const people = each(dialogue, (speaker, side) =>
    sides.includes(side) ? { ...speaker, sound: silence.slice(0, speaker.sound.length) } : speaker,
  );
  return { ...dialogue, people };
}

/** What is kept from a model while it moves the person of a side: the dialogue as it is told of it. */
export const withheld: Record<string, (dialogue: Dialogue, side: 0 | 1) => Dialogue> = {
  "any voice": (dialogue) => silenced(dialogue, [0, 1]),
  "the own voice": (dialogue, side) => silenced(dialogue, [side]),
  "the partner's voice": (dialogue, side) => silenced(dialogue, [1 - side]),
  "relation and traits": (dialogue) => ({
    ...dialogue,
    relation: UNKNOWN,
    people: each(dialogue, (speaker) => ({ ...speaker, traits: null })),
  }),
};

/** A sampler that is told of dialogues what `as` makes of them for each of their people. */
export const told = (sampler: GestureSampler, as: (typeof withheld)[string]): GestureSampler => ({
  ...sampler,
  async draw(asked, given) {
    const drawn: Float32Array[] = new Array(asked.length);
    for (const side of [0, 1] as const) {
      const own = [...asked.entries()].filter(([, one]) => one.side === side);
      const dialogues = new Map(own.map(([, { dialogue }]) => [dialogue, as(dialogue, side)]));
      const found = await sampler.draw(
        own.map(([, { dialogue }]) => ({ dialogue: dialogues.get(dialogue)!, side })),
        given,
      );
      for (const [i, [at]] of own.entries()) drawn[at] = found[i];
    }
    return drawn;
  },
});

/** The motion of both people of dialogues, [T, 258] of each. */
export const moved = (sampler: GestureSampler, dialogues: readonly Dialogue[], seed = 0) =>
  sampler.draw(everybody(dialogues), { seed });

/** What moves as people did. */
export const real: GestureSampler = {
  name: "real",
  nfe: () => 0,
  draw: async (asked) => asked.map(({ dialogue, side }) => dialogue.people[side].gesture!),
};
