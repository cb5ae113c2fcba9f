export { Resampler, SAMPLE_RATE } from "./audio/index.js";
export type { Channels } from "./io/channels.js";
export { OptionError } from "./io/wrong-use.js";
export { LanguageModel } from "./judges/language-model/model.js";
export { Gestures } from "./media/gestures.js";
export { Images } from "./media/images.js";
export { Motions } from "./media/motions.js";
export { draws, loadModel, loadTextModel } from "./methods/load.js";
export { crossover, inpaint, interpolate, morph, project, stitch, vary } from "./methods/sphere/edit.js";
export { loadSphere } from "./methods/sphere/load.js";
export { SphereModel } from "./methods/sphere/model.js";
export { blend, blendClasses, blendNoise, type Corner, type Place } from "./models/blend.js";
export type { ModelConfig } from "./models/config.js";
export type { ModelBlobs } from "./models/location.js";
export type { OptionInfo } from "./models/options.js";
export { FULL_BODY, fullBodyVrmBones, joinClips, MOST_POINTS, type Spot, spotsOf } from "./motion/index.js";
export { type DeviceName, setWasmFolder } from "./runtime/index.js";
export type {
  AnswererInfo,
  AnswererOptions,
  AskContext,
  AskedAnswer,
  AskOptions,
  SpokenWord,
  WebAnswerer,
} from "./web/answerer.js";
export { clearCache } from "./web/cache.js";
export { createGenerator } from "./web/create.js";
export { createAnswerer } from "./web/create-answerer.js";
export type {
  AnyWebGenerator,
  CreateOptions,
  DrawContext,
  Drawn,
  DrawnGestures,
  DrawnMotions,
  DrawnStep,
  DrawnTexts,
  EditForm,
  EditPictures,
  GeneratorInfo,
  WebGenerator,
} from "./web/generator.js";
export type { GestureBlock, WebGestureSession } from "./web/gesture.js";
export { latest } from "./web/latest.js";
export type { MotionBlock, MotionGhost, WebMotionSession } from "./web/motion.js";
export { Pictures } from "./web/pictures.js";
