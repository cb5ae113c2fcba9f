/** What trains on a web page: objectives, stages and their loop, without files. The package's entry `fewstep/training`. */
export { type ImageDataset, type ImageSplit, toFloat } from "./data/dataset.js";
export { type Toy, type ToyName, toy, toys } from "./data/toys.js";
export { encodeSafetensors } from "./io/safetensors.js";
export { driftingRecipe } from "./methods/drifting/recipe.js";
export {
  type DriftingSettings,
  forData as driftingFor,
  presets as driftingPresets,
} from "./methods/drifting/settings.js";
export { drawTimes, flowLoss } from "./methods/flow/objective.js";
export { integrate, solve } from "./methods/flow/sampler.js";
export { driftField, type FieldOptions } from "./recipes/drift/field.js";
export { type DriftLossOptions, normalizedDriftLoss } from "./recipes/drift/objective.js";
export { modelConfig } from "./recipes/recipe.js";
export { type Keeper, type LoopOptions, type LoopResult, trainStages } from "./train/loop.js";
export type { Position, ProgressEvent } from "./train/stage.js";
export type { Stage } from "./train/stages.js";
export { type Packed, pack, unpack } from "./train/state.js";
