export { type CompileOptions, compile, type Feed, type InputSpec, type Program } from "./compile.js";
export { type DeviceName, resolveRuntime } from "./device.js";
export { lower } from "./lower.js";
export { type ParameterEntry, Parameters } from "./parameters.js";
