import { method } from "../../models/method.js";
import { MotionModel } from "./model.js";
import { motionArchitecture } from "./network.js";
import { motionOptions } from "./options.js";
import { idleSettings, motionSettings, presets } from "./settings.js";

export const motion = method({
  summary: "motions of people from text, by causal diffusion in blocks (2602.22594)",
  learnsFrom: ["motion"],
  architecture: motionArchitecture,
  settings: motionSettings,
  presets,
  lastSteps: () => "training.steps",
  blocks: () => true,
  idle: idleSettings,
  options: { motion: motionOptions() },
  load: ({ config, shape, net }, options) => new MotionModel(config, shape, net, options),
  train: async () => (await import("./train.js")).trainMotion,
});
