export { type CommonSampleOptions, type ImageModel, loadModel } from "./methods/load.js";
export { Images } from "./methods/shared/images.js";
export { type DeviceName, setWasmFolder } from "./runtime/index.js";
