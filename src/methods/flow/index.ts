export { fitToSeconds, flowStepsWithin, type StepTimes } from "./budget.js";
export { FlowModel } from "./model.js";
export { flowNetwork, type Velocity } from "./network.js";
export { drawTimes, flowLoss } from "./objective.js";
export type { FlowSampleOptions } from "./options.js";
export { evaluations, integrate, type Solver, type SolverName, type VelocityAt } from "./sampler.js";
export { type FlowSettings, flowSettings, forData, presets } from "./settings.js";
export type { FlowShape } from "./shape.js";
export { trainFlow } from "./train.js";
