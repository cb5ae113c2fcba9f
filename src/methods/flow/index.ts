export { fitToSeconds, flowStepsWithin, type StepTimes } from "./budget.js";
export { FlowModel, type FlowSampleOptions } from "./model.js";
export { type FlowNetworkConfig, flowNetwork, type Velocity } from "./network.js";
export { drawTimes, flowLoss } from "./objective.js";
export { evaluations, integrate, type Solver, type VelocityAt } from "./sampler.js";
export { type FlowConfig, flowConfig, forData, presets } from "./settings.js";
export { trainFlow } from "./train.js";
