import type { Tensor } from "../../tensor/index.js";

/**
 * Entropic transport plan times N for costs [B, N, M]: kernel exp(−cost/ε), uniform over the rows; over the columns by
 * `weights`, [B, 1, M] with sums above 0, or uniform. Its rows sum to one: `plan·y` are barycentres.
 * `iterations` alternations in the log domain (Sinkhorn), then a last projection of the rows. None: the row softmax.
 */
export function sinkhornPlan(cost: Tensor, epsilon: number | Tensor, iterations: number, weights?: Tensor): Tensor {
  const [, n, m] = cost.shape;
  const logits = typeof epsilon === "number" ? cost.mul(-1 / epsilon) : cost.div(epsilon.neg());
  const share = weights?.maximum(1e-30).div(weights.sum(2, true)).mul(n).log();
  const columns = (plan: Tensor) => (share ? plan.add(share) : plan.add(Math.log(n / m)));
  let plan = share ? logits.add(share) : logits;
  for (let i = 0; i < iterations; i++) {
    plan = plan.sub(plan.logSumExp(2, true));
    plan = columns(plan.sub(plan.logSumExp(1, true)));
  }
  return plan.sub(plan.logSumExp(2, true)).exp();
}
