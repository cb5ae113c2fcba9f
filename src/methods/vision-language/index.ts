export { VisionLanguageModel } from "./model.js";
export { type VisionLanguageNetwork, visionLanguageNetwork } from "./network.js";
export { answerLoss, type Exchange, sequences } from "./objective.js";
export { type AnswerOptions, answerOptions } from "./options.js";
export type { Reinforced } from "./reinforcement.js";
export { drawToken, Writing } from "./sampler.js";
export { presets, type Reinforcement, type VisionLanguageSettings, visionLanguageSettings } from "./settings.js";
export { trainVisionLanguage } from "./train.js";
