export {
  type CompileOptions,
  type Compute,
  compile,
  compileOptions,
  computeOf,
  type Feed,
  type GraphOutputs,
  type InputSpec,
  type Program,
  type Values,
} from "./compile.js";
export { resolveRuntime, setWasmFolder } from "./device.js";
export { lower } from "./lower.js";
export { type ParameterEntry, type ParameterRecord, Parameters, requireValues } from "./parameters.js";
export { Releasable, releasable } from "./release.js";
export { type Resident, type ResidentOptions, type ResidentUpdate, resident } from "./resident.js";
export { type DeviceName, deviceNames, type Runtime } from "./runtime.js";
export { inWorker, type ThreadOptions, type ThreadTask } from "./thread.js";
