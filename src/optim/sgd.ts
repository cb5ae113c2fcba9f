import type { Parameters } from "../runtime/parameters.js";
import { kernels } from "./kernels/index.js";
import {
  COMMON,
  checkRange,
  flatOptimizer,
  type Optimizer,
  type OptimizerOptions,
  requireArguments,
  segmentsOf,
  within,
} from "./optimizer.js";

export interface SgdOptions extends OptimizerOptions {
  /** Default 0. */
  momentum?: number;
  /** Nesterov's momentum; default false. */
  nesterov?: boolean;
}

/**
 * Gradient descent with momentum: b ← μb + g, θ ← θ − lr·b (Nesterov: lr·(g + μb)); weight decay is an L2 term of the
 * gradient.
 */
export function sgd(parameters: Parameters, options: SgdOptions): Optimizer {
  requireArguments("sgd", parameters, options, [...COMMON, "momentum", "nesterov"]);
  const { momentum = 0, nesterov = false } = options;
  checkRange("momentum", momentum, 0, 1);
  const [buffer] = kernels().vectors(1, parameters.count);
  const segments = segmentsOf(parameters.entries, options);
  return flatOptimizer(parameters, options, { momentum: buffer }, ({ flat, gradients, scale, lr, part }) => {
    for (const { start, end, lrScale, weightDecay } of within(segments, part)) {
      const rate = lr * lrScale;
      kernels().sgd([flat, buffer, gradients], start, end, {
        scale,
        l2: weightDecay,
        momentum,
        onGradient: nesterov ? rate : 0,
        onMomentum: nesterov ? rate * momentum : rate,
      });
    }
  });
}
