import { type Tensor, where } from "../../tensor/index.js";
import type { Process } from "./process.js";
import { sigmaOf } from "./schedule.js";

/** Noise levels of a batch, [B] each: `rest` = 1 − alpha (computed in float64) and `dAlpha` = dα/dt < 0. */
export interface Levels {
  alpha: Tensor;
  rest: Tensor;
  dAlpha: Tensor;
}

/** The three inputs of `Levels` as float32, from float64 alpha and dα/dt. */
export const levelsOf = (alpha: Float64Array, dAlpha: Float64Array) => ({
  alpha: Float32Array.from(alpha),
  rest: Float32Array.from(alpha, (a) => 1 - a),
  dAlpha: Float32Array.from(dAlpha),
});

/** Noise levels at times [B]: alpha in float64, for drawing, and a program's inputs sigma, alpha, rest and dAlpha. */
export function levelsAt(curve: { alpha(t: number): number; dAlpha(t: number): number }, times: Float64Array) {
  const alpha = times.map((t) => curve.alpha(t));
  const levels = levelsOf(
    alpha,
    times.map((t) => curve.dAlpha(t)),
  );
  return { alpha, inputs: { sigma: Float32Array.from(alpha, sigmaOf), ...levels } };
}

/**
 * Continuous-time NELBO of uniform-state diffusion, Rao-Blackwellised (Duo), per token [B, L] in nats: logits [B, L,
 * K], clean and noisy tokens int32 [B, L]. With A = Kα/(1 − α), u_j = log(1 + A·x_j) and Λ = log(1 + A), no two large
 * terms are subtracted.
 */
export function uniformLoss(logits: Tensor, clean: Tensor, noisy: Tensor, levels: Levels): Tensor {
  const [B, , K] = logits.shape;
  const spread = (t: Tensor) => t.reshape([B, 1]);
  const [alpha, rest, dAlpha] = [levels.alpha, levels.rest, levels.dAlpha].map(spread);
  const A = alpha.mul(K).div(rest);
  const x = logits.softmax(-1);
  const u = x.mul(A.unsqueeze(-1)).add(1).log();
  const at = (t: Tensor, index: Tensor) => t.gatherElements(index.unsqueeze(-1), -1).squeeze(-1); // [B, L]
  const xz = at(x, noisy);
  const uz = at(u, noisy);
  const ux = at(u, clean);
  const sum = u.sum(-1);
  const lambda = A.add(1).log();
  const scale = rest.mul(xz.mul(A).add(1)); // x̄θ at z
  const total = alpha.mul(K).add(rest); // x̄ at z = x
  const same = xz
    .sub(1)
    .mul(alpha.mul(K * K))
    .div(total.mul(scale))
    .add(
      rest.div(total).mul(
        lambda
          .sub(uz)
          .mul(K - 1)
          .add(sum.sub(uz)),
      ),
    );
  const different = xz
    .mul(A)
    .mul(K)
    .div(scale)
    .sub(uz.mul(K).sub(sum))
    .sub(A.mul(uz.sub(ux)))
    .sub(A.add(1).mul(lambda));
  return where(noisy.equal(clean), same, different).mul(dAlpha.div(alpha.mul(K)));
}

/** Continuous-time NELBO of masked diffusion with SUBS (MDLM), per token [B, L] in nats; logits [B, L, K or K + 1]. */
export function maskedLoss(process: Process, logits: Tensor, clean: Tensor, noisy: Tensor, levels: Levels): Tensor {
  const log = logits.slice(-1, 0, process.tokens).logSoftmax(-1);
  const picked = log.gatherElements(clean.unsqueeze(-1), -1).squeeze(-1);
  const weight = levels.dAlpha.div(levels.rest).reshape([logits.shape[0], 1]);
  return where(noisy.equal(process.tokens), picked.mul(weight), 0);
}

/** The process's loss per token, [B, L]. */
export const nelbo = (process: Process, logits: Tensor, clean: Tensor, noisy: Tensor, levels: Levels): Tensor =>
  process.kind === "uniform"
    ? uniformLoss(logits, clean, noisy, levels)
    : maskedLoss(process, logits, clean, noisy, levels);

/** One position for the float64 references: clean token o, noisy token i, prediction x [states]. */
export interface TokenState {
  clean: number;
  noisy: number;
  x: Float64Array;
  alpha: number;
  dAlpha: number;
}

/** UDLM's direct form of the uniform-state integrand, float64. */
export function uniformNelboDirect({ clean, noisy, x, alpha, dAlpha }: TokenState): number {
  const K = x.length;
  const bar = (p: number) => K * alpha * p + 1 - alpha;
  const truth = (j: number) => bar(j === clean ? 1 : 0);
  const own = truth(noisy);
  const predicted = bar(x[noisy]);
  let sum = 0;
  for (let j = 0; j < K; j++) sum += (truth(j) / own) * Math.log((predicted * truth(j)) / (bar(x[j]) * own));
  return (dAlpha / (K * alpha)) * (K / own - K / predicted - sum);
}

/** Duo's Rao-Blackwellised form of the same integrand, float64. */
export function uniformNelbo({ clean, noisy, x, alpha, dAlpha }: TokenState): number {
  const K = x.length;
  const rest = 1 - alpha;
  const A = (K * alpha) / rest;
  const u = (j: number) => Math.log1p(A * x[j]);
  const lambda = Math.log1p(A);
  const uz = u(noisy);
  let others = 0;
  for (let j = 0; j < K; j++) if (j !== noisy) others += u(j);
  const scale = rest * (1 + A * x[noisy]);
  const total = K * alpha + rest;
  const bracket =
    noisy === clean
      ? ((x[noisy] - 1) * alpha * K * K) / (total * scale) + (rest / total) * ((K - 1) * (lambda - uz) + others)
      : (x[noisy] * A * K) / scale - (K - 1) * uz + others - A * (uz - u(clean)) - (A + 1) * lambda;
  return (dAlpha / (K * alpha)) * bracket;
}

/** MDLM's integrand, float64; x [states]. */
export const maskedNelbo = (process: Process, { clean, noisy, x, alpha, dAlpha }: TokenState): number =>
  noisy === process.tokens ? (dAlpha / (1 - alpha)) * Math.log(x[clean]) : 0;
