import { constant, type Tensor, where } from "../tensor/index.js";

/** How log-ratios are bounded where the divergence is taken: beyond these it has no gradient. */
const [FARTHEST, LARGEST] = [20, 10];

export interface GrpoOptions {
  /** How far below 1 a ratio counts; default 0.2. */
  low?: number;
  /** How far above 1 a ratio counts; default 0.3. */
  high?: number;
  /** Most that a ratio counts where the advantage is negative, above 1 (dual clip); default 3. */
  dual?: number;
  /** Weight of the divergence from the reference (k3); default 0.01. */
  kl?: number;
  /**
   * sequence: mean over sequences of the mean over their tokens (GRPO); token: mean over all tokens (DAPO); a number: sum
   * over tokens by sequences times so many tokens (Dr. GRPO). Default sequence.
   */
  average?: "sequence" | "token" | number;
}

/**
 * Advantages of answers in groups of `size`, one group for each question: (r − mean)/(std + ε), std unbiased, or r − mean
 * with `normalise` false. A group whose rewards are all alike has none.
 * @throws RangeError where rewards are not whole groups of 2 or more
 */
export function groupAdvantages(rewards: ArrayLike<number>, size: number, { normalise = true, epsilon = 1e-6 } = {}) {
  if (!(Number.isInteger(size) && size >= 2) || rewards.length % size !== 0)
    throw new RangeError(
      `Groups have 2 answers or more, all alike; got ${rewards.length} rewards in groups of ${size}.`,
    );
  const advantages = new Float32Array(rewards.length);
  for (let at = 0; at < rewards.length; at += size) {
    let mean = 0;
    for (let i = 0; i < size; i++) mean += rewards[at + i] / size;
    let squares = 0;
    for (let i = 0; i < size; i++) squares += (rewards[at + i] - mean) ** 2;
    if (squares === 0) continue;
    const by = normalise ? Math.sqrt(squares / (size - 1)) + epsilon : 1;
    for (let i = 0; i < size; i++) advantages[at + i] = (rewards[at + i] - mean) / by;
  }
  return advantages;
}

/** The share of groups in which rewards are all alike, which teach nothing. */
export function zeroVariance(rewards: ArrayLike<number>, size: number): number {
  let alike = 0;
  for (let at = 0; at < rewards.length; at += size)
    if (Array.from({ length: size }, (_, i) => rewards[at + i]).every((reward) => reward === rewards[at])) alike++;
  return (alike * size) / rewards.length;
}

/**
 * The loss of each token, any shape: max(−ρA, −clip(ρ, 1 − low, 1 + high)·A), of negative advantages at most −dual·A, with ρ =
 * exp(now − old); plus kl·k3, k3 = exp(d) − d − 1 with d = reference − now.
 */
export function tokenLoss(
  { now, old, reference, advantages }: Record<"now" | "old" | "reference" | "advantages", Tensor>,
  { low = 0.2, high = 0.3, dual = 3, kl = 0.01 }: GrpoOptions = {},
): Tensor {
  const ratio = now.sub(old).exp();
  const clipped = ratio.clamp(1 - low, 1 + high);
  const surrogate = ratio.mul(advantages).neg().maximum(clipped.mul(advantages).neg());
  const bounded = where(advantages.less(0), surrogate.minimum(advantages.mul(-dual)), surrogate);
  return kl === 0 ? bounded : bounded.add(k3(now, reference).mul(kl));
}

/** exp(d) − d − 1 with d = reference − now: never negative, on average the divergence of the policy from the reference. */
export function k3(now: Tensor, reference: Tensor): Tensor {
  const d = reference.sub(now).clamp(-FARTHEST, FARTHEST);
  return d.exp().sub(d).sub(1).minimum(LARGEST);
}

/**
 * GRPO's loss (2402.03300) with separate clips and the dual clip, of log-probabilities [N, T] of the answers' tokens: by the
 * policy, as it was when they were drawn, and by the reference.
 * @param mask [N, T]: 1 for each token that an answer has; at least one of each
 */
export function grpoLoss(
  {
    mask,
    advantages,
    ...logs
  }: { now: Tensor; old: Tensor; reference: Tensor; mask: Tensor /** [N] */; advantages: Tensor },
  options: GrpoOptions = {},
): Tensor {
  const { average = "sequence" } = options;
  const losses = tokenLoss({ ...logs, advantages: advantages.unsqueeze(1) }, options).mul(mask);
  if (average === "token") return losses.sum().div(mask.sum());
  const sums = losses.sum(1);
  if (average === "sequence") return sums.div(mask.sum(1)).mean();
  return sums.sum().div(constant(average * mask.shape[0]));
}
