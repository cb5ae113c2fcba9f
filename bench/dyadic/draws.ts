import type { Conversation } from "../../src/data/dialogue/conversations.js";
import type { Dialogue, Speaker } from "../../src/data/dialogue-dataset.js";
import type { AskedGesture, GestureSampler } from "../../src/judges/gesture/evaluate.js";

/** Both people of every dialogue. */
export const everybody = (dialogues: readonly Dialogue[]): AskedGesture[] =>
  dialogues.flatMap((dialogue) => ([0, 1] as const).map((side) => ({ dialogue, side })));

/** Dialogues in which each person is changed, by the two of them. */
const changed = (
  dialogues: readonly Conversation[],
  change: (own: Speaker, partner: Speaker) => Speaker,
): Conversation[] =>
  dialogues.map((dialogue) => {
    const [a, b] = dialogue.people;
    return { ...dialogue, people: [change(a, b), change(b, a)] };
  });

/** The two tracks exchanged: everybody hears the own voice as the other one's. */
export const exchanged = (dialogues: readonly Conversation[]): Conversation[] =>
  changed(dialogues, (own, partner) => ({ ...own, sound: partner.sound }));

/** Everybody of this extraversion (z-score), the other traits average. */
export const extraverted = (dialogues: readonly Conversation[], z: number): Conversation[] =>
  changed(dialogues, (own) => ({ ...own, traits: Float32Array.of(z, 0, 0, 0, 0) }));

/** The motion of both people of dialogues, [T, 258] of each. */
export const moved = (sampler: GestureSampler, dialogues: readonly Dialogue[], seed = 0) =>
  sampler.draw(everybody(dialogues), { seed });

/** What moves as people did. */
export const real: GestureSampler = {
  name: "real",
  nfe: () => 0,
  draw: async (asked) => asked.map(({ dialogue, side }) => dialogue.people[side].gesture!),
};
