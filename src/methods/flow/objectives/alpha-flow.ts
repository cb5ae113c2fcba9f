import type { Random } from "../../../random/index.js";
import type { Tensor } from "../../../tensor/index.js";
import type { Velocity } from "../network.js";
import { between, drawTimes, perRow, squares } from "../objective.js";
import type { ObjectiveSettings } from "../settings.js";
import type { Objective } from "./objective.js";

/** Keeps the weight of an error that is almost none finite. */
const FLOOR = 1e-3;

/** Of how much the falling α is a sigmoid: 25 of its units are the whole fall. */
const STEEPNESS = 25;

/**
 * α-Flow (finite-difference MeanFlow): on the way from t to r, u(x_t, t, r) is regressed onto the mixture of the velocity
 * data − noise until s = t + α(r − t) and of the field's own mean velocity from there, αv + (1 − α)·u(x_s, s, r), through
 * which no gradient flows. α = 1 is flow matching; α → 0 is MeanFlow. A row's weight is α/(|error|² + 10⁻³).
 *
 * data, noise [B, …]; time, until [B], 0 ≤ time ≤ until ≤ 1; labels [B]; alpha [1] in (0, 1]. `error` is the mean square.
 */
export function alphaFlowLoss(
  velocity: Velocity,
  { data, noise, time, until, labels, alpha }: Record<string, Tensor>,
): { loss: Tensor; error: Tensor } {
  const v = data.sub(noise);
  const state = between(noise, data, time);
  const step = until.sub(time).mul(alpha);
  const middle = time.add(step);
  const ahead = velocity(state.add(v.mul(perRow(step, v))), middle, labels, until).stopGradient();
  const target = v.mul(alpha).add(ahead.mul(alpha.neg().add(1)));
  const error = velocity(state, time, labels, until).sub(target);
  const distance = squares(error);
  const weight = alpha.div(distance.add(FLOOR)).stopGradient();
  return { loss: distance.mul(weight).mean(), error: error.square().mean() };
}

/** α after a share `progress` of the steps: from 1 down to `alpha` by a sigmoid over the first `anneal` of them. */
export function alphaAt(progress: number, { alpha, anneal }: { alpha: number; anneal: number }): number {
  if (progress >= anneal) return alpha;
  const value = 1 / (1 + Math.exp(STEEPNESS * (progress / anneal - 0.5)));
  return value > 1 - alpha ? 1 : Math.max(alpha, value);
}

/** Two times of each row, the earlier first: `plain` of the rows, on average, have the same twice. */
export function drawWays(random: Random, count: number, plain: number): { time: Float32Array; until: Float32Array } {
  const [a, b] = [drawTimes(random, count, 0.4), drawTimes(random, count, 0.4)];
  const time = a.map((t, i) => Math.min(t, b[i]));
  const until = a.map((t, i) => (random.uniform() < plain ? time[i] : Math.max(t, b[i])));
  return { time, until };
}

export const alphaFlow: Objective<ObjectiveSettings<"alpha-flow">> = {
  inputs: (batch) => ({ time: [batch], until: [batch], alpha: [1] }),
  split: (batch) => ({ rows: batch, whole: ["alpha"] }),
  loss: alphaFlowLoss,
  next: (random, batch, progress, settings) => ({
    ...drawWays(random, batch, settings.plain),
    alpha: Float32Array.of(alphaAt(progress, settings)),
  }),
};
