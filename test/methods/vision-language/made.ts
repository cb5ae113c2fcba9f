import { scenes } from "../../../src/data/scenes/index.js";
import { visionLanguageNetwork } from "../../../src/methods/vision-language/network.js";
import type { VisionLanguageSettings } from "../../../src/methods/vision-language/settings.js";
import { presets } from "../../../src/methods/vision-language/settings.js";
import { shapeFor } from "../../../src/methods/vision-language/train.js";
import type { ModelConfig } from "../../../src/models/files.js";
import * as nn from "../../../src/nn/index.js";
import { Random } from "../../../src/random/index.js";

/** Settings of seconds. */
export const micro: VisionLanguageSettings = {
  ...presets.tiny,
  network: { channels: [8, 8], width: 16, heads: 2, encoderBlocks: 1, blocks: 1 },
  training: { pictures: 2, questions: 3, steps: 6, lr: 0.01, emaDecay: 0.5 },
};

/** A model without training that says something: its last layer, which begins at zero, is drawn too. */
export function madeModel() {
  const shape = shapeFor(scenes(), micro);
  const net = visionLanguageNetwork(shape);
  const parameters = nn.initialize(net, 5);
  net.head.weight.value!.set(new Random(2).normals(net.head.weight.value!.length));
  const config: ModelConfig = {
    ...{ format: 1, method: "vision-language", name: "made", image: shape.image, classNames: null, network: shape },
    training: { data: "scenes", steps: 0 },
  };
  return { config, shape, net, parameters };
}
