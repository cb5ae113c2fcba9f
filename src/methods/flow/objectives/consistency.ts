import type { Tensor } from "../../../tensor/index.js";
import type { Velocity } from "../network.js";
import { between, drawTimes, perRow, squares } from "../objective.js";
import type { ObjectiveSettings } from "../settings.js";
import type { Objective } from "./objective.js";

/** Below such an error, as a length, its weight grows no more (iCT's 0.00054·√3072). */
const FLOOR = 0.03;

/** Logits of the share of noise in training states: ln σ ~ N(−1.1, 2²), σ the noise beside the data. */
const LOG_SIGMA = { mean: -1.1, deviation: 2 };

/** The sample f(x, t) = x + (1 − t)·u(x, t) that a state leads to; at t = 1 it is the state. */
export const sampleOf = (velocity: Velocity, state: Tensor, time: Tensor, labels: Tensor): Tensor =>
  state.add(velocity(state, time, labels).mul(perRow(time.neg().add(1), state)));

/**
 * Consistency tuning (ECT, 2406.14548): the samples that two states of one datum and one noise lead to are made the same; the
 * later one's, through which no gradient flows, is the target. A row's weight is 1/√(|error|² + c²).
 *
 * data, noise [B, …]; time, later [B], 0 ≤ time ≤ later ≤ 1; labels [B]. `error` is the mean square.
 */
export function consistencyLoss(
  velocity: Velocity,
  { data, noise, time, later, labels }: Record<string, Tensor>,
): { loss: Tensor; error: Tensor } {
  const at = (t: Tensor) => sampleOf(velocity, between(noise, data, t), t, labels);
  const error = at(time).sub(at(later).stopGradient());
  const distance = squares(error);
  const weight = distance
    .add(FLOOR ** 2)
    .sqrt()
    .stopGradient();
  return { loss: distance.div(weight).mean(), error: error.square().mean() };
}

/** Share of its noise that the later of two states keeps: 1 − n(σ)/base^k, n(σ) = 1 + 8·sigmoid(−σ), or 0. */
export const keptNoise = (sigma: number, base: number, k: number): number =>
  Math.max(0, 1 - (1 + 8 / (1 + Math.exp(sigma))) / base ** k);

/** k after a share `progress` of the steps: from `first` to `last`, each for as long. */
export const stageAt = (progress: number, { first, last }: { first: number; last: number }): number =>
  Math.min(last, first + Math.floor(progress * (last - first + 1)));

export const consistency: Objective<ObjectiveSettings<"consistency">> = {
  inputs: (batch) => ({ time: [batch], later: [batch] }),
  split: (batch) => ({ rows: batch }),
  loss: consistencyLoss,
  next(random, batch, progress, settings) {
    const k = stageAt(progress, settings);
    const noise = drawTimes(random, batch, LOG_SIGMA.mean, LOG_SIGMA.deviation);
    return {
      time: noise.map((share) => 1 - share),
      later: noise.map((share) => 1 - share * keptNoise(share / (1 - share), settings.base, k)),
    };
  },
};
