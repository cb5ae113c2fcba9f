/** What trains on a web page: objectives, stages and the loop, without files. The package's entry `fewstep/training`. */
export { type Toy, type ToyName, toy, toys } from "./data/toys.js";
export { drawTimes, flowLoss } from "./methods/flow/objective.js";
export { integrate, solve } from "./methods/flow/sampler.js";
export { driftField, type FieldOptions } from "./recipes/drift/field.js";
export { type DriftLossOptions, normalizedDriftLoss } from "./recipes/drift/objective.js";
