import { method } from "../../models/method.js";
import { CODEC_STEP } from "../../networks/autoencoder.js";
import { sphereEdits } from "./edits.js";
import { SphereModel } from "./model.js";
import { sphereArchitecture } from "./network.js";
import { sphereOptions } from "./options.js";
import { forData, presets } from "./presets.js";
import { idleSettings, sphereSettings } from "./settings.js";

export const sphere = method({
  summary: "a spherical autoencoder: one-step images, few-step refinement, editing (2602.15030)",
  learnsFrom: ["images"],
  architecture: sphereArchitecture,
  settings: sphereSettings,
  presets,
  fit: forData,
  blocks: ({ network }) => network.kind === "vit",
  idle: idleSettings,
  lastSteps: ({ frechetStage }) => (frechetStage.steps > 0 ? "frechetStage.steps" : "training.steps"),
  sideStep: ({ network }) => (network.kind === "vit" ? network.patch : CODEC_STEP),
  options: { image: sphereOptions() },
  edits: sphereEdits(),
  load: ({ config, shape, net }, options) => new SphereModel(config, shape, net, options),
  train: async () => (await import("./train.js")).trainSphere,
});
