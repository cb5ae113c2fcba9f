import { loadTokenizer } from "../../data/tokens/tokenizer.js";
import { method } from "../../models/method.js";
import { UNET_STEP } from "../../networks/unet.js";
import { DiscreteImageModel } from "./image-model.js";
import { discreteArchitecture } from "./network.js";
import { pixelOptions, textOptions } from "./options.js";
import { discreteSettings, presets } from "./settings.js";
import { TextModel } from "./text-model.js";

export const discrete = method({
  summary: "discrete diffusion of text and pixels: Duo and MDLM with Ψ-samplers (2506.10892, 2602.21185)",
  learnsFrom: ["text", "images"],
  architecture: discreteArchitecture,
  settings: discreteSettings,
  presets,
  sideStep: ({ network }) => (network.kind === "unet" ? UNET_STEP : 1),
  options: { image: pixelOptions(), text: textOptions() },
  async load({ config, shape, net }, options) {
    if (shape.image) return new DiscreteImageModel(config, shape, net, options);
    return new TextModel(config, shape, net, await loadTokenizer(config.text?.tokenizer), options);
  },
  train: async () => (await import("./train.js")).trainDiscrete,
});
