import { loadTokenizer } from "../../data/tokens/tokenizer.js";
import { WrongUse } from "../../io/wrong-use.js";
import { method } from "../../models/method.js";
import { UNET_STEP } from "../../networks/unet.js";
import { DiscreteImageModel } from "./image-model.js";
import { discreteArchitecture } from "./network.js";
import { pixelOptions, textOptions } from "./options.js";
import { discreteSettings, presets } from "./settings.js";
import { TextModel } from "./text-model.js";

/** What the weights of a network are shaped by. */
const NETWORK_SHAPE = ["kind", "width", "hidden", "blocks", "condition", "tied", "norm", "mlp"];

export const discrete = method({
  summary: "discrete diffusion of text and pixels: Duo and MDLM with Ψ-samplers (2506.10892, 2602.21185)",
  learnsFrom: ["text", "images"],
  architecture: discreteArchitecture,
  settings: discreteSettings,
  presets,
  idle: ({ distillation: { rounds }, curriculum: { kind, ...curriculum }, network }, continued) => [
    ...(continued ? ["from", "process", "tokens"] : []),
    ...(continued ? NETWORK_SHAPE.filter((name) => name in network).map((name) => `network.${name}`) : []),
    ...(kind === "none" ? Object.keys(curriculum).map((name) => `curriculum.${name}`) : []),
    ...(rounds === 0 ? ["steps", "delta", "lr"].map((name) => `distillation.${name}`) : []),
  ],
  lastSteps({ distillation: { rounds } }) {
    if (rounds === 0) return "training.steps";
    throw new WrongUse(
      "Models that were distilled to few steps cannot be trained on: what they learnt from is not what they are now. " +
        "Improve the run that was distilled, and distil what comes of it (from=<its folder> training.steps=0).",
    );
  },
  blocks: ({ network }) => network.kind === "transformer",
  sideStep: ({ network }) => (network.kind === "unet" ? UNET_STEP : 1),
  options: { image: pixelOptions(), text: textOptions() },
  async load({ config, shape, net }, options) {
    if (shape.image) return new DiscreteImageModel(config, shape, net, options);
    return new TextModel(config, shape, net, await loadTokenizer(config.text?.tokenizer), options);
  },
  train: async () => (await import("./train.js")).trainDiscrete,
});
