/** What stages are made of: it needs no files, and runs on a web page as well. */
export { type GradientStageOptions, gradientStage, type TrainingCompute, trainingCompute } from "./gradient-stage.js";
export { type Phase, phase } from "./phase.js";
export type { ProgressEvent, SampleSheet, Stage } from "./stage.js";
export type { Kept, Stateful } from "./state.js";
