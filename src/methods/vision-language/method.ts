import { method } from "../../models/method.js";
import { visionLanguageArchitecture } from "./network.js";
import { presets, visionLanguageSettings } from "./settings.js";

export const visionLanguage = method({
  summary: "a picture encoder and a decoder of words that answers questions about pictures (fewstep ask)",
  learnsFrom: ["questions"],
  architecture: visionLanguageArchitecture,
  settings: visionLanguageSettings,
  presets,
  idle: ({ reinforcement: { steps, ...others } }, continued) => [
    ...(continued ? ["network", "without"] : []),
    ...(steps > 0 ? [] : Object.keys(others).map((name) => `reinforcement.${name}`)),
  ],
  lastSteps: ({ reinforcement }) => (reinforcement.steps > 0 ? "reinforcement.steps" : "training.steps"),
  blocks: () => true,
  answers: true,
  train: async () => (await import("./train.js")).trainVisionLanguage,
});
