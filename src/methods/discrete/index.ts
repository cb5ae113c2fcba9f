export { characterTokenizer, type Tokenizer, tokenizerFrom, trainBpe } from "../../data/tokens/tokenizer.js";
export { largestNormals, relax, relaxTopk, type TopkOptions, topkSoftmax } from "./curriculum.js";
export { distillationDelta, distillationLoss, pairTimes, trajectories } from "./distillation.js";
export { DiscreteImageModel } from "./image-model.js";
export * as kappa from "./kappa.js";
export { DiscreteModel } from "./model.js";
export { type DiscreteNetwork, discreteNetwork, type NetworkInput, processOf } from "./network.js";
export { type Levels, levelsOf, maskedLoss, nelbo, uniformLoss } from "./objective.js";
export { onnxDenoiser } from "./onnx-file.js";
export type { TextSampleOptions } from "./options.js";
export { cleanPosterior, posterior, psiPosterior } from "./posterior.js";
export { drawCategorical, nucleusFilter, type Prediction } from "./prediction.js";
export { corrupt, marginal, maskedProcess, type Process, uniformProcess } from "./process.js";
export type { PsiSampler } from "./rules.js";
export { psiSamplers } from "./rules.js";
export {
  continuation,
  DENOISED,
  type Denoiser,
  guided,
  KEPT,
  type PsiOptions,
  type PsiStep,
  psiSample,
  RENOISED,
} from "./sampler.js";
export { cosine, drawTimes, logLinear, type Schedule, schedules, sigmaOf } from "./schedule.js";
export { type DiscreteSettings, discreteSettings, presets } from "./settings.js";
export { type DiscreteShape, discreteShape, shapes } from "./shape.js";
export { TextModel } from "./text-model.js";
export { trainDiscrete } from "./train.js";
export {
  type AlphaCurve,
  exactCurve,
  gaussianLevels,
  polynomialCurve,
  seriesCurve,
  tableCurve,
  transform,
  windowOf,
} from "./transform.js";
