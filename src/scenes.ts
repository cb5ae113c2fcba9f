/** Scenes that `seer` and its like know, for a page that composes them and knows what is right. */
export { scenes } from "./data/scenes/dataset.js";
export type { Layout } from "./data/scenes/draw.js";
export { parseQuestion, skillOf } from "./data/scenes/parse.js";
export { execute, type Program } from "./data/scenes/program.js";
export type { Question } from "./data/scenes/question.js";
export { barWidth, render, SCALE } from "./data/scenes/render.js";
export {
  type Bar,
  COLOURS,
  type Colour,
  colours,
  type Digit,
  PLACES,
  type Scene,
  type Shape,
  SIDE,
  type Size,
  shapes,
  sizes,
  TALLEST,
  type Thing,
} from "./data/scenes/scene.js";
export { seededQuestion, seededScene } from "./data/scenes/seeded.js";
export { SKILLS, type Skill } from "./data/scenes/skill-names.js";
