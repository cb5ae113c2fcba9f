export { Images } from "./media/images.js";
export { loadModel, loadTextModel } from "./methods/load.js";
export { crossover, inpaint, interpolate, morph, project, stitch, vary } from "./methods/sphere/edit.js";
export { loadSphere } from "./methods/sphere/load.js";
export { SphereModel } from "./methods/sphere/model.js";
export { type DeviceName, setWasmFolder } from "./runtime/index.js";
