import type { Dialogue } from "../../data/dialogue-dataset.js";
import { OptionError } from "../../io/wrong-use.js";
import type { GestureGenerator, SampleOptions } from "../../models/generator.js";
import { toGesture } from "../../motion/index.js";
import type { GestureSampler } from "./evaluate.js";

/** What the dialogues themselves say. */
const TOLD = ["count", "people", "seconds", "relation", "personality", "partnerPersonality", "seed"];

/**
 * A model of gestures as what draws motion for an evaluation: both people of each dialogue together, to its sounds, for
 * the whole of it, with the relation and the traits that it says.
 * @param options Of the model, but for those that the dialogues tell
 * @throws OptionError for these, and for what the model cannot do
 */
export function gestureSampler(model: GestureGenerator, options: SampleOptions = {}): GestureSampler {
  for (const name of TOLD)
    if (options[name] !== undefined)
      throw new OptionError(`A model is measured on whole dialogues, which tell ${name} themselves; leave it out.`);
  const evaluations = (frames: number) => model.cost({ ...options, seconds: frames / model.fps }) / 2;
  evaluations(model.fps);
  return {
    name: model.config.name,
    nfe: (asked) => asked.reduce((sum, { dialogue }) => sum + evaluations(dialogue.frames), 0) / asked.length,
    draw: async (asked, { seed, signal }) => {
      const lengths = new Map<number, Dialogue[]>();
      for (const dialogue of new Set(asked.map(({ dialogue }) => dialogue)))
        lengths.set(dialogue.frames, [...(lengths.get(dialogue.frames) ?? []), dialogue]);
      const drawn = new Map<Dialogue, readonly Float32Array[]>();
      for (const dialogues of lengths.values()) {
        const found = await model.sample({ ...options, seed, count: dialogues.length }, { dialogues, signal });
        for (const [i, people] of [...found].entries()) drawn.set(dialogues[i], people.map(toGesture));
      }
      return asked.map(({ dialogue, side }) => drawn.get(dialogue)![side]);
    },
  };
}
