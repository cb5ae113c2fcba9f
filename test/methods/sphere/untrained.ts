import { SphereModel, type SphereShape, sphereNetwork } from "../../../src/methods/sphere/index.js";
import { sphereArchitecture } from "../../../src/methods/sphere/network.js";
import { loadedNetwork } from "../../../src/models/architecture.js";
import type { ModelFiles } from "../../../src/models/files.js";
import * as nn from "../../../src/nn/index.js";

export const untrainedShape = (classes = 2, size = 8): SphereShape => ({
  image: { height: size, width: size, channels: 1 },
  classes,
  body: {
    kind: "conv",
    latent: 16,
    encoder: [4, 4],
    hidden: 16,
    decoder: [4, 4, 4],
    trunk: 16,
    encoderBlocks: 1,
    decoderBlocks: 1,
    condition: 8,
  },
  noise: { kind: "additive", maxAngle: 60 },
});

/** A small Sphere Encoder with initial weights, as files. */
export function untrainedFiles(shape = untrainedShape()): ModelFiles {
  return {
    config: {
      format: 1,
      method: "sphere",
      name: "untrained",
      image: { ...shape.image, channels: 1 },
      classNames: shape.classes === 0 ? null : ["disc", "cross"],
      network: shape,
      training: {},
    },
    weights: nn.initialize(sphereNetwork(shape), 5).toRecord(),
  };
}

/** A model of files such as `untrainedFiles`. */
export function modelOf(files: ModelFiles): SphereModel {
  const { config, shape, net } = loadedNetwork(sphereArchitecture, files);
  return new SphereModel(config, shape, net, { threads: 1 });
}

export const untrained = (shape?: SphereShape): SphereModel => modelOf(untrainedFiles(shape));
