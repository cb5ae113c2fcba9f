import type { Tensor } from "../../tensor/index.js";
import type { Velocity } from "./network.js";

/**
 * Flow matching: at x_t = (1 − t)·noise + t·data the velocity is regressed onto data − noise. All [B, …], t [B];
 * returns the mean squared error.
 */
export function flowLoss(velocity: Velocity, data: Tensor, noise: Tensor, time: Tensor, labels: Tensor): Tensor {
  const t = time.reshape([time.shape[0], ...data.shape.slice(1).map(() => 1)]);
  const state = noise.mul(t.neg().add(1)).add(data.mul(t));
  return velocity(state, time, labels).sub(data.sub(noise)).square().mean();
}

/** Training times: the logistic function of standard normals, which prefers the middle. */
export const drawTimes = (random: { normal(): number }, count: number): Float32Array =>
  Float32Array.from({ length: count }, () => 1 / (1 + Math.exp(-random.normal())));
