import type { Architecture } from "../../models/architecture.js";
import type * as nn from "../../nn/index.js";
import type { Tensor } from "../../tensor/index.js";
import { type GeneratorInputs, generatorArchitecture } from "./network.js";
import { type DriftingShape, driftingShape } from "./shape.js";
import { transformerGenerator } from "./transformer.js";

/** A generator of images, of either kind. */
export type DriftingNetwork = nn.Parameterized & ((inputs: GeneratorInputs) => Tensor);

/** Every drifting model that can be loaded; those that are trained here are `generatorArchitecture`'s. */
export const driftingArchitecture: Architecture<DriftingShape, DriftingNetwork> = {
  shape: driftingShape,
  says(shape) {
    if (shape.kind !== "transformer") return generatorArchitecture.says(shape);
    const { size, channels, classes } = shape;
    return { image: { height: size, width: size, channels }, classes };
  },
  network: (shape) =>
    shape.kind === "transformer" ? transformerGenerator(shape) : generatorArchitecture.network(shape),
};
