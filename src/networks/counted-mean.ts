import { acrossParts, type Tensor } from "../tensor/index.js";

/** The mean of values over those that weights of the same shape count, in the whole batch; 0 where none counts. */
export const countedMean = (values: Tensor, weights: Tensor): Tensor =>
  values.mul(weights).mean().div(acrossParts(weights.mean()).maximum(1e-12));
