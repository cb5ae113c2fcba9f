export * as discrete from "./methods/discrete/index.js";
export * as drifting from "./methods/drifting/index.js";
export {
  type EvaluateOptions,
  type Evaluation,
  evaluateModel,
  measureReference,
  nearestTraining,
} from "./methods/evaluate.js";
export { type Extractor, extractorFor } from "./methods/extractors.js";
export { type CommonSampleOptions, type ImageModel, loadModel, methods } from "./methods/index.js";
export { Images } from "./methods/shared/images.js";
export type { TrainOptions } from "./methods/shared/training.js";
export * as sphere from "./methods/sphere/index.js";
