import * as nn from "../nn/index.js";
import type { Tensor } from "../tensor/index.js";

/** An affine map of each number of the last axis: what is shown to a network has mean 0 and deviation 1. */
export function scaling(features: number) {
  const mean = nn.parameter([features], nn.init.zeros);
  const deviation = nn.parameter([features], nn.init.ones);
  return Object.assign(nn.module({ mean, deviation }), {
    apply: (x: Tensor): Tensor => x.sub(mean).div(deviation),
    undo: (x: Tensor): Tensor => x.mul(deviation).add(mean),
  });
}
