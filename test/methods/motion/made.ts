import { MotionModel } from "../../../src/methods/motion/model.js";
import { motionNetwork } from "../../../src/methods/motion/network.js";
import type { MotionShape } from "../../../src/methods/motion/shape.js";
import * as nn from "../../../src/nn/index.js";
import { Random } from "../../../src/random/index.js";

const words = ["a", "person", "walks", "waves", "slowly"];

/** A model of random weights, so large that text, time and neighbours all change what is drawn. */
export function madeModel(change: Partial<MotionShape["network"]> = {}): MotionModel {
  const shape: MotionShape = {
    fps: 20,
    features: 203,
    codec: { width: 8, latent: 4, depth: 2 },
    text: { words, buckets: 4, length: 6, width: 8, heads: 2, blocks: 1 },
    network: { width: 16, heads: 2, blocks: 2, hidden: 16, block: 3, window: 8, attention: "causal", ...change },
  };
  const net = motionNetwork(shape);
  const parameters = nn.initialize(net, 5);
  const random = nn.init.normal(0.2);
  for (const { name, parameter, shape } of parameters.entries)
    if (/modulation|output/.test(name)) random(parameter.value!, shape, new Random(6, name));
  const config = { format: 1, method: "motion", name: "made", motion: { fps: 20 }, classNames: null } as const;
  return new MotionModel({ ...config, network: shape, training: {} }, shape, net, { device: "cpu", threads: 1 });
}
