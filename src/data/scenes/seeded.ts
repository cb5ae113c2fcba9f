import { Random } from "../../random/index.js";
import { drawScene, type Layout } from "./draw.js";
import { type Question, questionAbout } from "./question.js";
import type { Scene } from "./scene.js";
import type { Skill } from "./skill-names.js";

/** Of pictures that are looked at: nothing of it is in what models learn from or are measured by. */
const streamOf = (seed: number) => new Random(seed, "scenes to look at");

/** The scene of a kind that a seed gives. */
export const seededScene = (layout: Layout, seed: number): Scene => drawScene(layout, streamOf(seed).split(layout));

/** The question of a skill that a seed gives about a scene; null where it has nothing to be asked. */
export const seededQuestion = (scene: Scene, skill: Skill, seed: number): Question | null =>
  questionAbout(scene, skill, streamOf(seed).split("question").split(skill));
