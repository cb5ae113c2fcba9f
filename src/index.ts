export * as discrete from "./methods/discrete/index.js";
export * as drifting from "./methods/drifting/index.js";
export {
  type EvaluateOptions,
  type Evaluation,
  evaluateModel,
  measureReference,
  nearestTraining,
} from "./methods/evaluate.js";
export {
  evaluateLikelihood,
  evaluateText,
  measureTextReference,
  type TextEvaluation,
  type TextJudge,
} from "./methods/evaluate-text.js";
export { type Extractor, extractorFor } from "./methods/extractors.js";
export { type CommonSampleOptions, type ImageModel, loadModel, loadTextModel, methods } from "./methods/index.js";
export { LanguageModel } from "./methods/language-model/model.js";
export { Images } from "./methods/shared/images.js";
export type { TrainOptions } from "./methods/shared/training.js";
export * as sphere from "./methods/sphere/index.js";
