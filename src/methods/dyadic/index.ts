export { DyadicModel } from "./model.js";
export { dyadicArchitecture, dyadicNetwork } from "./network.js";
export type { DyadicSampleOptions } from "./options.js";
export { type DyadicSettings, dyadicSettings, presets } from "./settings.js";
export type { DyadicShape } from "./shape.js";
export { trainDyadic } from "./train.js";
