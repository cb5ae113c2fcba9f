import { concat, type Tensor } from "../../tensor/index.js";
import { logAffinity } from "./field.js";
import { sinkhornPlan } from "./transport.js";

/** What of every target a sample's force is made of: C such that the force is C·targets, whose rows sum to 0. */
export type Coefficients = (problem: {
  /** Normalised distances of samples to targets, [B, G, M + P]: M that repel, then P that attract. */
  distances: Tensor;
  /** −1e30 where a sample is the target itself, else 0: [G, M + P]; null: no target is. */
  mask: Tensor | null;
  /** Multiplicities of the targets, [B, 1, M + P]; absent: 1. */
  weights?: Tensor;
  /** How many repel. */
  repelling: number;
  temperature: number | Tensor;
}) => Tensor;

const scaled = (distances: Tensor, temperature: number | Tensor) =>
  typeof temperature === "number" ? distances.mul(-1 / temperature) : distances.div(temperature.neg());

/** Algorithm 2: affinities exp(−d/τ), normalised over targets and samples and not below √floor; each side's times the other's sum. */
export const softmaxCoefficients =
  (floor: number): Coefficients =>
  ({ distances, mask, weights, repelling, temperature }) => {
    const logits = scaled(distances, temperature);
    const affinity = logAffinity(mask ? logits.add(mask) : logits)
      .maximum(0.5 * Math.log(floor))
      .exp();
    const weighted = weights ? affinity.mul(weights) : affinity;
    const [repel, attract] = weighted.split([repelling, distances.shape[2] - repelling], 2);
    return concat([repel.mul(attract.sum(2, true).neg()), attract.mul(repel.sum(2, true))], 2);
  };

/**
 * Steepest descent of the Sinkhorn divergence (W-Flow, 2605.11755): barycentre of the entropic plan to the real samples minus
 * that of the plan to repelling ones, for the cost ½d² and ε the temperature. These must be other samples than those that
 * move: a plan of samples to themselves leaves each where it is.
 */
export const transportCoefficients =
  (iterations: number): Coefficients =>
  ({ distances, weights, repelling, temperature }) => {
    const sizes = [repelling, distances.shape[2] - repelling];
    const [away, towards] = distances.square().mul(0.5).split(sizes, 2);
    const [awayWeights, towardsWeights] = weights?.split(sizes, 2) ?? [];
    return concat(
      [
        sinkhornPlan(away, temperature, iterations, awayWeights).neg(),
        sinkhornPlan(towards, temperature, iterations, towardsWeights),
      ],
      2,
    );
  };
