import type { Tensor } from "../../tensor/index.js";
import type { Velocity } from "./network.js";

/** Numbers of rows [B] as they meet tensors [B, …] of the shape of `like`. */
export const perRow = (values: Tensor, like: Tensor): Tensor =>
  values.reshape([values.shape[0], ...like.shape.slice(1).map(() => 1)]);

/** The state x_t = (1 − t)·noise + t·data. All [B, …], t [B]. */
export function between(noise: Tensor, data: Tensor, time: Tensor): Tensor {
  const t = perRow(time, data);
  return noise.mul(t.neg().add(1)).add(data.mul(t));
}

/** Sums of squares of rows: [B, …] to [B]. */
export const squares = (error: Tensor): Tensor => error.square().flatten(1).sum([1]);

/**
 * Flow matching: at x_t = (1 − t)·noise + t·data the velocity is regressed onto data − noise. All [B, …], t [B];
 * returns the mean squared error.
 */
export function flowLoss(velocity: Velocity, data: Tensor, noise: Tensor, time: Tensor, labels: Tensor): Tensor {
  return velocity(between(noise, data, time), time, labels)
    .sub(data.sub(noise))
    .square()
    .mean();
}

/** Training times: the logistic function of normals, by default standard ones, which prefer the middle. */
export const drawTimes = (random: { normal(): number }, count: number, mean = 0, deviation = 1): Float32Array =>
  Float32Array.from({ length: count }, () => 1 / (1 + Math.exp(-mean - deviation * random.normal())));
