import { attachGradient, concat, constant, type Tensor } from "../../tensor/index.js";

/**
 * How affinities are normalised: over targets and queries (the paper's Algorithm 2), over targets only, or not at all.
 */
export type Normalization = "both" | "row" | "none";

export interface FieldOptions {
  /** Kernel width τ of exp(−‖x − y‖ / τ), in the units of the samples; > 0. */
  temperature: number;
  /** The negatives are the queries themselves: no sample repels itself. Needs as many negatives as queries. */
  selfMask?: boolean;
  normalization?: Normalization;
}

/** Far below any logit, and finite so that differences of masked entries stay numbers. */
const MASKED = -1e30;

/**
 * Euclidean distances [B, N, M] of x [B, N, D] and y [B, M, D], squares not below `squaredFloor`; a constant for
 * differentiation.
 */
export const distances = (x: Tensor, y: Tensor, squaredFloor = 1e-20): Tensor =>
  x.cdist(y, squaredFloor).stopGradient();

/** −1e30 where query i is target i, else 0: [queries, targets], the mask beginning at column `offset`. */
export function selfMaskLogits(queries: number, targets: number, offset: number): Tensor {
  const mask = new Float32Array(queries * targets);
  for (let i = 0; i < queries; i++) mask[i * targets + offset + i] = MASKED;
  return constant(mask, [queries, targets]);
}

/**
 * Logarithm of the affinity for logits [B, N, M]: L − ½(row LSE + column LSE), that is √(softmax over M · softmax over
 * N).
 */
export function logAffinity(logits: Tensor, normalization: Normalization = "both"): Tensor {
  if (normalization === "none") return logits;
  const rows = logits.logSumExp(2, true);
  return normalization === "row" ? logits.sub(rows) : logits.sub(rows.add(logits.logSumExp(1, true)).mul(0.5));
}

/**
 * The drifting field V of Algorithm 2 (2602.04770) for a batch of groups: queries x [B, N, D], positives (data) [B, P,
 * D] and negatives (own samples) [B, M, D]. V_i = s⁻ Σ₊ A y − s⁺ Σ₋ A y, with A the affinity over positives and
 * negatives together and s± its sums. Anti-symmetric: exchanging positives and negatives flips the sign. A constant for
 * differentiation.
 */
export function driftField(
  x: Tensor,
  positives: Tensor,
  negatives: Tensor,
  { temperature, selfMask = false, normalization = "both" }: FieldOptions,
): Tensor {
  if (!(temperature > 0)) throw new Error(`driftField: temperature must be positive, got ${temperature}.`);
  const [n, p, m] = [x.shape[1], positives.shape[1], negatives.shape[1]];
  if (selfMask && m !== n) throw new Error(`driftField: selfMask needs the ${n} queries as negatives, got ${m}.`);
  const centre = positives.mean(1, true);
  const [query, attractors, repellers] = [x, positives, negatives].map((t) => t.sub(centre));
  let logits = concat([distances(query, attractors), distances(query, repellers)], 2).mul(-1 / temperature);
  if (selfMask) logits = logits.add(selfMaskLogits(n, p + m, p));
  const [toPositives, toNegatives] = logAffinity(logits, normalization).exp().split([p, m], 2);
  const attraction = toNegatives.sum(2, true).mul(toPositives.matmul(attractors));
  const repulsion = toPositives.sum(2, true).mul(toNegatives.matmul(repellers));
  return attraction.sub(repulsion).stopGradient();
}

/**
 * Algorithm 1: the mean of V², with the gradient −2V/(B·N·D) towards x of the regression onto x + V held fixed.
 */
export function driftLoss(x: Tensor, field: Tensor): Tensor {
  return attachGradient(field.square().mean(), x, field.mul(-2 / x.size));
}
