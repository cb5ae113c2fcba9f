import { countedMean } from "../../networks/counted-mean.js";
import { acrossParts, grad, type Tensor } from "../../tensor/index.js";

/** Smallest log deviation of a reconstruction that is told apart. */
const LOWEST_LOG = -6;

/** log of the root mean square of errors over everything, softly at least −6. */
export function logDeviation(error: Tensor): Tensor {
  const rms = acrossParts(error.square().mean()).maximum(1e-16).sqrt().maximum(1e-8);
  return rms.log().sub(LOWEST_LOG).softplus().add(LOWEST_LOG);
}

/**
 * Reconstruction of a σ-VAE: the negative log likelihood, of each number on average, of errors under a Gaussian whose
 * deviation is the batch's own. Its gradient is that of log rms. The paper takes the sum over all numbers: × their
 * count.
 */
export function reconstructionLoss(error: Tensor): Tensor {
  const log = logDeviation(error);
  return error
    .div(log.exp())
    .square()
    .mean()
    .mul(0.5)
    .add(log)
    .add(0.5 * Math.log(2 * Math.PI));
}

/** KL of N(mean, e^logVariance) to N(0, 1), of each number on average. */
export const klLoss = (mean: Tensor, logVariance: Tensor): Tensor =>
  mean.square().add(logVariance.exp()).sub(logVariance).sub(1).mean().mul(0.5);

const unit = (x: Tensor): Tensor => x.div(x.norm(-1, true).maximum(1e-6));

/** Margins of the alignment: of a token's cosine with the teacher, and of cosines among tokens. */
export const MARGINS = { cosine: 0.5, distances: 0.25 };

/**
 * How far projected tokens [B, n, D] are from a teacher's features of the same shape: by cosine of each, and by the
 * cosines among the tokens of a motion, both beyond a margin.
 */
export function alignmentLoss(tokens: Tensor, features: Tensor, margins = MARGINS): Tensor {
  const [z, f] = [unit(tokens), unit(features)];
  const cosine = z
    .mul(f)
    .sum(-1)
    .neg()
    .add(1 - margins.cosine)
    .relu()
    .mean();
  const among = (x: Tensor) => x.matmul(x.T);
  return cosine.add(among(z).sub(among(f)).abs().sub(margins.distances).relu().mean());
}

/**
 * The weight that gives one loss gradients on a parameter as long as those of another: their norms' ratio, in [0, 10⁴],
 * through which no gradient flows.
 */
export function adaptiveWeight(loss: Tensor, other: Tensor, parameter: Tensor): Tensor {
  const length = (of: Tensor) =>
    acrossParts(grad(of, [parameter], { unused: "zeros" })[0])
      .square()
      .sum()
      .sqrt();
  return length(loss).div(length(other).maximum(1e-4)).clamp(0, 1e4).stopGradient();
}

/**
 * InfoNCE between motions and texts, [B, D] each, both ways; `same` [B, B] has rows that add up to 1 over those that say
 * the same. `logScale` is the log of the inverse temperature.
 */
export function contrastiveLoss(motions: Tensor, texts: Tensor, same: Tensor, logScale: Tensor): Tensor {
  const scores = unit(motions)
    .matmul(unit(texts).T)
    .mul(logScale.minimum(Math.log(100)).exp());
  const entropy = (scores: Tensor) => scores.logSoftmax(-1).mul(same).sum(-1).mean().neg();
  return entropy(scores).add(entropy(scores.T)).mul(0.5);
}

/** x_t = t·clean + (1 − t)·noise, and its velocity clean − noise. */
export const noised = (clean: Tensor, noise: Tensor, t: Tensor): Tensor => clean.mul(t).add(noise.mul(t.neg().add(1)));

/**
 * Flow matching over tokens [B, N, D]: the mean squared error of velocities, over the tokens that `weights` [B, N]
 * count.
 */
export function flowLoss(velocity: Tensor, clean: Tensor, noise: Tensor, weights: Tensor): Tensor {
  const error = velocity.sub(clean.sub(noise)).square().mean(-1);
  return countedMean(error, weights);
}
