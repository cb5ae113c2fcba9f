export { fitToSeconds, flowStepsWithin, type StepTimes } from "./budget.js";
export { type FlowConfig, flowConfig, forData, presets } from "./config.js";
export { evaluations, integrate, type Solver, type VelocityAt } from "./integrate.js";
export { type FlowNetworkConfig, flowNetwork, type Velocity } from "./network.js";
export { drawTimes, flowLoss } from "./objective.js";
export { FlowModel, type FlowSampleOptions } from "./sampler.js";
export { trainFlow } from "./train.js";
