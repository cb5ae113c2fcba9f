import { acrossParts, attachGradient, concat, type Tensor, where } from "../../tensor/index.js";
import { softmaxCoefficients, transportCoefficients } from "./coefficients.js";
import { distances, selfMaskLogits } from "./field.js";
import { temperatureLoss } from "./temperature.js";

/** Alternations of a transport plan. */
const SINKHORN_ITERATIONS = 20;

export interface DriftLossOptions {
  /**
   * Kernel widths relative to the mean distance, also as a tensor [k]; the forces of all are added, each scaled to unit mean
   * square.
   */
  temperatures?: readonly number[] | Tensor;
  /** Logarithm of the one temperature [1], in place of `temperatures`: it alone is trained by a term of the loss. */
  logTemperature?: Tensor;
  /**
   * Generated samples [B, M, S] that repel, other than those that move: unlike these they are no biased picture of their own
   * distribution, from which each has to be left out.
   */
  independent?: Tensor;
  /** Product of softmaxes (Algorithm 2), or Sinkhorn's transport, for which there must be `independent` samples. */
  field?: "softmax" | "transport";
  /** Lower bound of the product of the two softmaxes. The release's 1e-6 freezes collapsed clouds; parity only. */
  floor?: number;
  /**
   * How a sample is kept from repelling itself: excluded, or (the release) moved this far away in normalised distance.
   */
  selfDistance?: number;
  /** Lower bound of a force's mean square before the division by its root. */
  powerFloor?: number;
}

export interface DriftLoss {
  /** Scalar; near-constant by construction (1 for one temperature, at most k² for k), so no measure of progress. */
  loss: Tensor;
  /** [B]: the loss of each group. */
  perGroup: Tensor;
  /** Force F on normalised samples, [B, G, S]. */
  force: Tensor;
  /** Weighted mean distance, a scalar: what features are divided by, up to √S. */
  scale: Tensor;
  /** Mean square of the un-normalised force of each temperature, [k]: the diagnostic to watch. */
  power: Tensor;
  /** The learned temperature [1], where there is one. */
  temperature?: Tensor;
}

/** A learned temperature stays above this, or a group would see its nearest neighbours alone. */
const COLDEST = 0.02;
/** Weight of the term that teaches the temperature: Adam does not heed it, and the clip of all gradients is left alone. */
const TEMPERATURE_WEIGHT = 1e-3;

/**
 * The normalised multi-temperature drifting loss of one feature family (2602.04770 appendix A.6): gen [B, G, S] (the
 * only input that receives a gradient, −2F/(B·G·S·u)), positives [B, P, S], optional unconditional negatives [B, N, S]
 * with weights [B, 1] or [B, N]. Scale and force normalisation are scalars over all groups of a batch, which are in one
 * call or in that of each of its parts.
 */
export function normalizedDriftLoss(
  gen: Tensor,
  positives: Tensor,
  negatives?: { samples: Tensor; weights: Tensor },
  {
    temperatures = [0.02, 0.05, 0.2],
    logTemperature,
    independent,
    field = "softmax",
    floor = 1e-12,
    selfDistance = Number.POSITIVE_INFINITY,
    powerFloor = 1e-30,
  }: DriftLossOptions = {},
): DriftLoss {
  const [b, g, s] = gen.shape;
  const own = gen.stopGradient();
  const repellers = independent?.stopGradient() ?? own;
  const [m, n, p] = [repellers.shape[1], negatives?.samples.shape[1] ?? 0, positives.shape[1]];
  if (field === "transport" && !independent) throw new Error("Sinkhorn's transport needs independent samples.");
  const targets = concat(negatives ? [repellers, negatives.samples, positives] : [repellers, positives], 1);
  // Weights apply to the unconditional negatives alone: [B, 1, M + N + P].
  const weights =
    negatives && concat([ones(repellers), negatives.weights.broadcastTo([b, n]), ones(positives)], 1).unsqueeze(1);

  const d = distances(own, targets, 1e-8);
  const distance = acrossParts((weights ? d.mul(weights) : d).mean());
  const scale = (weights ? distance.div(acrossParts(weights.mean())) : distance).reshape([]);
  const unit = scale.mul(1 / Math.sqrt(s)).maximum(1e-3);
  const centred = targets.sub(positives.mean(1, true)).div(unit);
  let normalized = d.div(scale.maximum(1e-3));
  const self = independent ? null : selfMaskLogits(g, m + n + p, 0);
  const infinite = !Number.isFinite(selfDistance);
  if (self && !infinite) normalized = normalized.add(where(self.less(0), selfDistance, 0));
  const mask = infinite ? self : null;

  // One product for all temperatures: coefficients [B, k·G, M + N + P] by targets.
  const coefficients = field === "softmax" ? softmaxCoefficients(floor) : transportCoefficients(SINKHORN_ITERATIONS);
  const learned = logTemperature?.exp().maximum(COLDEST);
  const widths = learned ? [learned.stopGradient()] : listed(temperatures);
  const all = widths.map((temperature) =>
    coefficients({ distances: normalized, mask, weights, repelling: m + n, temperature }),
  );
  const forces = concat(all, 1).matmul(centred).reshape([b, widths.length, g, s]);
  const power = acrossParts(forces.square().mean([0, 2, 3], true));
  const force = forces.div(power.maximum(powerFloor).sqrt()).sum(1).stopGradient();
  const perGroup = force.square().mean([1, 2]);
  const cotangent = force.mul(unit.reciprocal().mul(-2 / (b * g * s)));
  const loss = attachGradient(perGroup.mean(), gen, cotangent);
  if (!learned) return { loss, perGroup, force, scale, power: power.reshape([widths.length]) };
  const [toOwn, , toReal] = (mask ? normalized.sub(mask) : normalized).split([m, n, p], 2);
  const teaching = temperatureLoss(toOwn, toReal, learned).mul(TEMPERATURE_WEIGHT);
  // The term teaches, and is no part of what is reported
  return {
    loss: loss.add(teaching).sub(teaching.stopGradient()),
    ...{ perGroup, force, scale, power: power.reshape([1]), temperature: learned.stopGradient() },
  };
}

/** Ones for the samples [B, N, S]: [B, N]. */
const ones = (samples: Tensor): Tensor => samples.fullLike(1).slice(2, 0, 1).reshape(samples.shape.slice(0, 2));

const listed = (temperatures: readonly number[] | Tensor): readonly (number | Tensor)[] =>
  Array.isArray(temperatures)
    ? temperatures
    : Array.from({ length: (temperatures as Tensor).size }, (_, i) => (temperatures as Tensor).slice(0, i, i + 1));
