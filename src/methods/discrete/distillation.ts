import type { Random } from "../../random/index.js";
import type { Tensor } from "../../tensor/index.js";
import { largestNormals } from "./curriculum.js";

/**
 * Discrete consistency distillation (Duo): KL(student at z_t ‖ teacher at z_s) per token, logits [B, L, K] both, to [B,
 * L]. No gradient reaches the teacher.
 */
export function distillationLoss(student: Tensor, teacher: Tensor): Tensor {
  const log = student.logSoftmax(-1);
  return log
    .exp()
    .mul(log.sub(teacher.logSoftmax(-1).stopGradient()))
    .sum(-1);
}

/**
 * Deterministic trajectories z_t = argmax(signal_t·onehot(x) + noise_t·ε) of tokens [N]: each has two values, the
 * arg-max of the other entries of ε and, from some noise level down, the clean token. Drawn in constant time per token.
 */
export function trajectories(tokens: Int32Array, vocabulary: number, random: Random) {
  const other = new Int32Array(tokens.length);
  const gap = Float64Array.from(tokens, (token, i) => {
    const draw = random.integer(vocabulary - 1);
    other[i] = draw >= token ? draw + 1 : draw;
    return largestNormals(1, vocabulary - 1, random)[0] - random.normal();
  });
  /** The tokens [N] at `gamma` [N / perGamma]: clean where signal/noise = e^(−γ/2) exceeds the gap. */
  return (gamma: ArrayLike<number>): Int32Array => {
    const perGamma = tokens.length / gamma.length;
    return tokens.map((token, i) => (Math.exp(-gamma[Math.floor(i / perGamma)] / 2) > gap[i] ? token : other[i]));
  };
}

/** Step between student and teacher in round r = 0, 1, …: `first` doubles each round. */
export const distillationDelta = (round: number, first = 1 / 512): number => Math.min(1, first * 2 ** round);

/** Times (t, s) of a pair: s = t − delta with t = min(1, u + delta), u in [0, 1]. */
export function pairTimes(u: number, delta: number): { t: number; s: number } {
  const t = Math.min(1, u + delta);
  return { t, s: t - delta };
}
