export {
  dialogueFeatures,
  SAMPLE_RATE,
  SOUND_FEATURES,
  SOUND_PARTS,
  SoundFeatureReader,
  soundFeatures,
} from "./audio/index.js";
export { readSounds, type Sounds } from "./io/sound-read.js";
export { type AnswerEvaluation, evaluateAnswers } from "./judges/answers/evaluate.js";
export { type Extractor, extractorFor } from "./judges/extractors/index.js";
export {
  type AskedGesture,
  evaluateGestures,
  type GestureEvaluateOptions,
  type GestureEvaluation,
  type GestureFigure,
  type GestureReference,
  type GestureReferenceOptions,
  type GestureSampler,
  measureGestureReference,
} from "./judges/gesture/evaluate.js";
export { gestureSampler } from "./judges/gesture/sampler.js";
export {
  type EvaluateOptions,
  type Evaluation,
  evaluateModel,
  measureReference,
  nearestTraining,
} from "./judges/images/index.js";
export { LanguageModel } from "./judges/language-model/model.js";
export {
  evaluateMotion,
  type MotionEvaluateOptions,
  type MotionEvaluation,
  type MotionReference,
  measureMotionReference,
} from "./judges/motion/evaluate.js";
export { MotionJudge } from "./judges/motion/model.js";
export {
  evaluateLikelihood,
  evaluateText,
  measureTextReference,
  type TextEvaluation,
  type TextJudge,
} from "./judges/text.js";
export { Gestures } from "./media/gestures.js";
export { Images } from "./media/images.js";
export { Motions } from "./media/motions.js";
export { Texts } from "./media/texts.js";
export * as discrete from "./methods/discrete/index.js";
export * as drifting from "./methods/drifting/index.js";
export * as dyadic from "./methods/dyadic/index.js";
export * as flow from "./methods/flow/index.js";
export { loadModel, loadTextModel } from "./methods/load.js";
export * as motion from "./methods/motion/index.js";
export { methods, register } from "./methods/registry.js";
export * as sphere from "./methods/sphere/index.js";
export * as visionLanguage from "./methods/vision-language/index.js";
export { VisionLanguageModel } from "./methods/vision-language/model.js";
export type { Answer, AnswerContext, Answerer, AnswerRequest, AnswerWord } from "./models/answerer.js";
export { blend, type Corner, type Place } from "./models/blend.js";
export type { Edit, EditInput, Latents } from "./models/edits.js";
export type { Exemplars } from "./models/exemplars.js";
export type {
  AnyGenerator,
  Batched,
  Generator,
  GestureGenerator,
  GestureSession,
  ImageGenerator,
  MotionGenerator,
  MotionGuess,
  MotionSession,
  SampleContext,
  SampleOptions,
  Step,
  Styles,
  TextGenerator,
} from "./models/generator.js";
export { type Method, type MethodEntry, method } from "./models/method.js";
export { OptionError } from "./models/options.js";
export { arriveAt, seamJump } from "./motion/index.js";
export type { TrainOptions } from "./train/index.js";
