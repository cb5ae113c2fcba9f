export { type EvaluateOptions, evaluateImages } from "./evaluate.js";
export { type Evaluation, evaluateModel, evaluateReconstruction } from "./model.js";
export { type NeighbourOptions, type NeighbourSheet, nearestTraining } from "./nearest.js";
export { measureReference, type Reference, type ReferenceOptions } from "./reference.js";
export { requireSameSize } from "./sizes.js";
