import { acrossParts, attachGradient, concat, type Tensor, where } from "../../tensor/index.js";
import { distances, logAffinity, selfMaskLogits } from "./field.js";

export interface DriftLossOptions {
  /** Kernel widths relative to the mean distance; the forces of all are added, each scaled to unit mean square. */
  temperatures?: readonly number[];
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
}

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
    floor = 1e-12,
    selfDistance = Number.POSITIVE_INFINITY,
    powerFloor = 1e-30,
  }: DriftLossOptions = {},
): DriftLoss {
  const [b, g, s] = gen.shape;
  const [n, p] = [negatives?.samples.shape[1] ?? 0, positives.shape[1]];
  const own = gen.stopGradient();
  const targets = concat(negatives ? [own, negatives.samples, positives] : [own, positives], 1);
  // Weights apply to the unconditional negatives alone: [B, 1, G + N + P].
  const weights =
    negatives &&
    concat(
      [
        gen.fullLike(1).slice(2, 0, 1).reshape([b, g]),
        negatives.weights.broadcastTo([b, n]),
        positives.fullLike(1).slice(2, 0, 1).reshape([b, p]),
      ],
      1,
    ).unsqueeze(1);

  const d = distances(own, targets, 1e-8);
  const distance = acrossParts((weights ? d.mul(weights) : d).mean());
  const scale = (weights ? distance.div(acrossParts(weights.mean())) : distance).reshape([]);
  const unit = scale.mul(1 / Math.sqrt(s)).maximum(1e-3);
  const centred = targets.sub(positives.mean(1, true)).div(unit);
  let normalized = d.div(scale.maximum(1e-3));
  const infinite = !Number.isFinite(selfDistance);
  if (!infinite) normalized = normalized.add(where(selfMaskLogits(g, g + n + p, 0).less(0), selfDistance, 0));

  // One product for all temperatures: coefficients [B, k·G, G + N + P] by targets.
  const coefficients = temperatures.map((temperature) => {
    const logits = normalized.mul(-1 / temperature);
    const affinity = logAffinity(infinite ? logits.add(selfMaskLogits(g, g + n + p, 0)) : logits)
      .maximum(0.5 * Math.log(floor))
      .exp();
    const weighted = weights ? affinity.mul(weights) : affinity;
    const [repel, attract] = weighted.split([g + n, p], 2);
    return concat([repel.mul(attract.sum(2, true).neg()), attract.mul(repel.sum(2, true))], 2);
  });
  const forces = concat(coefficients, 1).matmul(centred).reshape([b, temperatures.length, g, s]);
  const power = acrossParts(forces.square().mean([0, 2, 3], true));
  const force = forces.div(power.maximum(powerFloor).sqrt()).sum(1).stopGradient();
  const perGroup = force.square().mean([1, 2]);
  const cotangent = force.mul(unit.reciprocal().mul(-2 / (b * g * s)));
  return {
    loss: attachGradient(perGroup.mean(), gen, cotangent),
    perGroup,
    force,
    scale,
    power: power.reshape([temperatures.length]),
  };
}
