export { type Extractor, extractorFor } from "./judges/extractors/index.js";
export {
  type EvaluateOptions,
  type Evaluation,
  evaluateModel,
  measureReference,
  nearestTraining,
} from "./judges/images.js";
export { LanguageModel } from "./judges/language-model/model.js";
export {
  evaluateLikelihood,
  evaluateText,
  measureTextReference,
  type TextEvaluation,
  type TextJudge,
} from "./judges/text.js";
export { Images } from "./media/images.js";
export * as discrete from "./methods/discrete/index.js";
export * as drifting from "./methods/drifting/index.js";
export { loadModel, loadTextModel } from "./methods/load.js";
export { methods } from "./methods/registry.js";
export * as sphere from "./methods/sphere/index.js";
export type { TrainOptions } from "./train/index.js";
