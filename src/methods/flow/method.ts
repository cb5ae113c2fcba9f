import { method } from "../../models/method.js";
import { CODEC_STEP } from "../../networks/autoencoder.js";
import { UNET_STEP } from "../../networks/unet.js";
import { FlowModel } from "./model.js";
import { flowArchitecture } from "./network.js";
import { flowOptions } from "./options.js";
import { flowSettings, forData, idleSettings, presets } from "./settings.js";

export const flow = method({
  summary: "flow matching, the many-step baseline; and α-Flow, shortcut and consistency models of few steps",
  learnsFrom: ["images"],
  architecture: flowArchitecture,
  settings: flowSettings,
  presets,
  fit: forData,
  idle: idleSettings,
  lastSteps: ({ space, frechetStage }) =>
    frechetStage.steps > 0 ? "frechetStage.steps" : space === "joint" ? "jointStage.steps" : "flow.steps",
  sideStep: ({ space }) => (space === "pixel" ? UNET_STEP : CODEC_STEP),
  options: { image: flowOptions() },
  load: ({ config, shape, net }, options) => new FlowModel(config, shape, net, options),
  train: async () => (await import("./train.js")).trainFlow,
});
