import { countedMean } from "../../networks/counted-mean.js";
import { normalizedDriftLoss } from "../../recipes/drift/objective.js";
import { concat, type Tensor } from "../../tensor/index.js";

/** The mean square of errors [B, n, d] over the tokens that `valid` [B, n] counts. */
export function maskedError(predicted: Tensor, wanted: Tensor, valid: Tensor): Tensor {
  return countedMean(predicted.sub(wanted).square().mean(-1), valid);
}

/** |x| beyond 1, x²/2 below, on average. */
export function smoothError(error: Tensor, valid?: Tensor): Tensor {
  const size = error.abs();
  const near = size.minimum(1);
  const value = near.mul(size.sub(near.mul(0.5))).mean(-1);
  return valid ? countedMean(value, valid) : value.mean();
}

/**
 * Features of windows of latents [N, n, d] in which drawn and real ones are compared, by name: the window, its changes from
 * token to token, and means and deviations over time.
 */
export function latentFamilies(latents: Tensor): Record<string, Tensor> {
  const mean = latents.mean(1, true);
  const spread = latents.sub(mean).square().mean(1).add(1e-6).sqrt();
  return {
    window: latents.flatten(1),
    changes: latents
      .slice(1, 1)
      .sub(latents.slice(1, 0, -1))
      .flatten(1),
    moments: concat([mean.squeeze(1), spread], 1),
  };
}

/**
 * Drifting (2602.04770) of windows drawn in one step, [B·G, n, d]: those of each of B conditions are drawn to its one
 * target [B, n, d], away from each other and from the targets of the batch's other conditions, which stand in for what
 * is drawn without a condition; `weight` [1] is how much these count. Temperatures are relative to the mean distance.
 */
export function driftingLoss(drawn: Tensor, targets: Tensor, weight: Tensor, temperatures: readonly number[]): Tensor {
  const [B] = targets.shape;
  const G = drawn.shape[0] / B;
  const [own, real] = [latentFamilies(drawn), latentFamilies(targets)];
  const losses = Object.keys(own).map((name) => {
    const size = own[name].shape[1];
    const others = Array.from({ length: B }, (_, b) => {
      const all = real[name];
      return concat([all.slice(0, 0, b), all.slice(0, b + 1)], 0).unsqueeze(0);
    });
    return normalizedDriftLoss(
      own[name].reshape([B, G, size]),
      real[name].unsqueeze(1),
      { samples: concat(others, 0), weights: weight.reshape([1, 1]).broadcastTo([B, 1]) },
      { temperatures },
    ).loss;
  });
  return losses.reduce((a, b) => a.add(b));
}
