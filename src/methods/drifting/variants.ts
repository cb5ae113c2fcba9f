import { distances, driftField } from "../../recipes/drift/field.js";
import { sinkhornPlan } from "../../recipes/drift/transport.js";
import type { Tensor } from "../../tensor/index.js";

/** A field on groups: queries [B, N, D], positives [B, P, D] and negatives [B, M, D] to displacements [B, N, D]. */
export type Field = (x: Tensor, positives: Tensor, negatives: Tensor) => Tensor;

/** Difference of two displacements towards each side, each from that side alone. */
const difference =
  (towards: (x: Tensor, y: Tensor) => Tensor): Field =>
  (x, positives, negatives) =>
    towards(x, positives).sub(towards(x, negatives)).stopGradient();

/** Mean shift with softmax weights over one side's logits: Σ w y − x. */
const meanShift = (x: Tensor, y: Tensor, logits: Tensor): Tensor => logits.softmax(2).matmul(y).sub(x);

/** Transport costs ½‖x − y‖², [B, N, M]. */
const halfSquares = (x: Tensor, y: Tensor): Tensor => distances(x, y).square().mul(0.5);

/** Alternatives to Algorithm 2's field, behind one name (see `methods/drifting/field.ts` for the original). */
export const fields = {
  /** Algorithm 2: affinities normalised over both sides together and over the queries. */
  drifting:
    ({ temperature, selfMask }: { temperature: number; selfMask?: boolean }): Field =>
    (x, p, n) =>
      driftField(x, p, n, { temperature, selfMask }),
  /** Mean shift with the Laplace kernel, each side normalised by itself. */
  laplace: ({ temperature }: { temperature: number }): Field =>
    difference((x, y) => meanShift(x, y, distances(x, y).mul(-1 / temperature))),
  /** Mean shift with the Gaussian kernel of width h: h²(∇log p_h − ∇log q_h). */
  gaussian: ({ width }: { width: number }): Field =>
    difference((x, y) =>
      meanShift(
        x,
        y,
        distances(x, y)
          .square()
          .mul(-0.5 / width ** 2),
      ),
    ),
  /**
   * Conservative Laplace field (2604.06333): the kernel in the denominator is τ(r + τ)e^(−r/τ); equals ∇log p# − ∇log
   * q#.
   */
  sharpLaplace: ({ temperature: tau }: { temperature: number }): Field =>
    difference((x, y) => {
      const r = distances(x, y);
      const kernel = r
        .sub(r.min(2, true))
        .mul(-1 / tau)
        .exp();
      const total = kernel.mul(r.add(tau)).mul(tau).sum(2, true);
      return kernel
        .matmul(y)
        .sub(x.mul(kernel.sum(2, true)))
        .div(total);
    }),
  /** Sinkhorn drifting (2603.12366): barycentric map to the data minus that to the own samples; needs no self mask. */
  sinkhorn:
    ({ epsilon, iterations = 30 }: { epsilon: number; iterations?: number }): Field =>
    (x, positives, negatives) =>
      sinkhornPlan(halfSquares(x, positives), epsilon, iterations)
        .matmul(positives)
        .sub(sinkhornPlan(halfSquares(x, negatives), epsilon, iterations).matmul(negatives))
        .stopGradient(),
};
