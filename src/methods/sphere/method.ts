import { method } from "../../models/method.js";
import { CODEC_STEP } from "../../networks/autoencoder.js";
import { FEATURE_TRAINING } from "../../recipes/feature-settings.js";
import { sphereEdits } from "./edits.js";
import { SphereModel } from "./model.js";
import { sphereArchitecture } from "./network.js";
import { sphereOptions } from "./options.js";
import { forData, presets, sphereSettings } from "./settings.js";

export const sphere = method({
  summary: "a spherical autoencoder: one-step images, few-step refinement, editing (2602.15030)",
  learnsFrom: ["images"],
  architecture: sphereArchitecture,
  settings: sphereSettings,
  presets,
  fit: forData,
  idle: ({ perceptual, featuresFrom }, continued) => [
    ...(continued ? ["featuresFrom", "network"] : []),
    ...(continued || featuresFrom !== null || perceptual !== "features" ? FEATURE_TRAINING : []),
  ],
  blocks: ({ network }) => network.kind === "vit",
  lastSteps: () => "training.steps",
  sideStep: ({ network }) => (network.kind === "vit" ? network.patch : CODEC_STEP),
  options: { image: sphereOptions() },
  edits: sphereEdits(),
  load: ({ config, shape, net }, options) => new SphereModel(config, shape, net, options),
  train: async () => (await import("./train.js")).trainSphere,
});
