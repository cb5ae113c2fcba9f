import { method } from "../../models/method.js";
import { CODEC_STEP } from "../../networks/autoencoder.js";
import { driftingArchitecture } from "./architecture.js";
import { driftingEdits } from "./edits.js";
import { DriftingModel } from "./model.js";
import { driftingOptions } from "./options.js";
import { driftingSettings, forData, idleSettings, presets } from "./settings.js";

export const drifting = method({
  summary: "one-step generation; the drift happens at training time (2602.04770)",
  learnsFrom: ["images"],
  architecture: driftingArchitecture,
  settings: driftingSettings,
  presets,
  fit: forData,
  idle: idleSettings,
  lastSteps: ({ frechetStage }) => (frechetStage.steps > 0 ? "frechetStage.steps" : "jointStage.steps"),
  sideStep: () => CODEC_STEP,
  options: { image: driftingOptions() },
  edits: driftingEdits(),
  load: ({ config, shape, net }, options) => new DriftingModel(config, shape, net, options),
  train: async () => (await import("./train.js")).trainDrifting,
});
