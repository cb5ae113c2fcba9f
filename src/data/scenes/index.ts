export { type SceneDataset, type Stream, scenes } from "./dataset.js";
export { type Counterfactual, counterfactual } from "./edit.js";
export { LONGEST, phrase, WORDS } from "./phrase.js";
export { execute, type Filter, type Program } from "./program.js";
export { type Asking, drawLesson, drawProbe, type Probe, type Question } from "./question.js";
export { render } from "./render.js";
export { type Scene, SIDE } from "./scene.js";
export { answersOf, SKILLS, type Skill } from "./skills.js";
