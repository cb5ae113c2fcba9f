import { method } from "../../models/method.js";
import { DyadicModel } from "./model.js";
import { dyadicArchitecture } from "./network.js";
import { dyadicOptions } from "./options.js";
import { dyadicSettings, presets } from "./settings.js";

export const dyadic = method({
  summary: "gestures of two people in conversation from their voices, relation and personalities (DyaDiT, 2602.23165)",
  learnsFrom: ["dialogue"],
  architecture: dyadicArchitecture,
  settings: dyadicSettings,
  presets,
  blocks: ({ network }) => network.attention === "cross",
  options: { gesture: dyadicOptions() },
  load: ({ config, shape, net }, options) => new DyadicModel(config, shape, net, options),
  train: async () => (await import("./train.js")).trainDyadic,
});
