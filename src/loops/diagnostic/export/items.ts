import { execute, type Probe, render, type SceneDataset, SKILLS, type Skill } from "../../../data/scenes/index.js";
import type { SkillAccuracy } from "../../../judges/answers/evaluate.js";
import { Random } from "../../../random/index.js";
import { promptText } from "../endpoint/probes.js";
import { mixtureWeights, quotasOf } from "../mixture.js";

/** How many items of a skill are drawn, by how badly it is answered. */
export interface SkillQuota {
  skill: Skill;
  accuracy: number;
  share: number;
  items: number;
}

/** Something to train on: a picture, what is asked, and the answer that was computed on the scene. */
export interface TrainingItem extends Probe {
  /** In words, with the answers that there can be: as the model was asked when it was diagnosed. */
  prompt: string;
  /** Pixels [48, 48, 3]. */
  pixels: Uint8Array;
  /** Which lesson of the seed it is: its scene and question can be drawn again. */
  index: number;
}

/** Shares of skills by what a diagnosis found, and how many of `count` items each has. */
export function skillQuotas(skills: readonly Pick<SkillAccuracy, "skill" | "accuracy">[], count: number): SkillQuota[] {
  const shares = mixtureWeights(skills.map(({ accuracy }) => ({ deficit: 1 - accuracy })));
  const items = quotasOf(shares, count);
  return skills.map(({ skill, accuracy }, i) => ({ skill, accuracy, share: shares[i], items: items[i] }));
}

/**
 * Items by quota, in random order, drawn as training questions are: none of them is a probe of a diagnosis, a gate or a
 * test. Each answer is computed again before it is given out.
 */
export function* drawItems(
  dataset: SceneDataset,
  wanted: readonly SkillQuota[],
  seed: number,
  from = 0,
): Generator<TrainingItem> {
  const skills = wanted.flatMap(({ skill, items }) => new Array<Skill>(items).fill(skill));
  for (const at of new Random(seed, "export").split(from).permutation(skills.length)) {
    const index = from + at;
    const mixture = Object.fromEntries(SKILLS.map((one) => [one, one === skills[at] ? 1 : 0]));
    const { scene, questions } = dataset.lesson({ seed, index }, 1, { mixture });
    const [question] = questions;
    if (execute(question.program, scene) !== question.answer)
      throw new Error(`Lesson ${index} of seed ${seed} has an answer that its scene does not give.`);
    yield { scene, question, index, prompt: promptText(question.text, question.program), pixels: render(scene) };
  }
}
