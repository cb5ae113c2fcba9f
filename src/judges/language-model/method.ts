import { method } from "../../models/method.js";
import { languageModelArchitecture } from "./network.js";
import { languageModelSettings, presets } from "./settings.js";

export const languageModel = method({
  summary: "an autoregressive transformer that judges samples of text; draws nothing",
  learnsFrom: ["text"],
  architecture: languageModelArchitecture,
  settings: languageModelSettings,
  presets,
  blocks: () => true,
  train: async () => (await import("./train.js")).trainLanguageModel,
});
