import { method } from "../../models/method.js";
import { classifierArchitecture } from "./network.js";
import { classifierSettings, presets } from "./settings.js";

export const classifier = method({
  summary: "a classifier whose features judge samples; draws nothing",
  learnsFrom: ["images"],
  architecture: classifierArchitecture,
  settings: classifierSettings,
  presets,
  train: async () => (await import("./train.js")).trainClassifier,
});
