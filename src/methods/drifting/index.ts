export { type DriftingConfig, driftingConfig, forData, presets } from "./config.js";
export { type DitGeneratorConfig, ditGenerator, ditPresets } from "./dit.js";
export { type Family, groupPlaces, pixelFamilies, stageFamilies } from "./families.js";
export { driftField, driftLoss, type FieldOptions, type Normalization } from "./field.js";
export { drawGuidance, guidanceOfWeight, guidanceQuantile, guidanceWeight } from "./guidance.js";
export { type GeneratorConfig, type GeneratorInputs, imageGenerator, latentGenerator } from "./network.js";
export { type DriftLoss, type DriftLossOptions, normalizedDriftLoss } from "./objective.js";
export { DriftingModel, type SampleOptions } from "./sampler.js";
export { trainDrifting } from "./train.js";
