import type { Tensor } from "../tensor/tensor.js";
import { module } from "./module.js";

/**
 * Zeros a share `rate` of its input's entries, in training. The noise, uniform in [0, 1) and of the input's shape or
 * broadcast to it, is fed (`random.fillUniform`): the same seed drops the same on every device, and resuming repeats it.
 * null in place of the noise, in evaluation, leaves the input as it is; leaving it out is an error, so that dropout is
 * never off unnoticed.
 */
export function dropout(rate: number) {
  if (!(rate >= 0 && rate < 1)) throw new Error(`dropout: the rate must be in [0, 1), got ${rate}.`);
  return module({}, (x: Tensor, noise: Tensor | null): Tensor => {
    if (noise === undefined)
      throw new Error("dropout: takes the input and uniform noise of its shape, or null in evaluation.");
    return noise === null ? x : x.dropout(rate, noise);
  });
}
