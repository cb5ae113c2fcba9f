import type { Parameters } from "../runtime/parameters.js";
import { checkRange, flatOptimizer, type Optimizer, type OptimizerOptions, segmentsOf } from "./optimizer.js";

export interface SgdOptions extends OptimizerOptions {
  /** Default 0. */
  momentum?: number;
  /** Nesterov's momentum; default false. */
  nesterov?: boolean;
}

/** Gradient descent with momentum: b ← μb + g, θ ← θ − lr·b (Nesterov: lr·(g + μb)); weight decay is an L2 term of the gradient. */
export function sgd(parameters: Parameters, options: SgdOptions): Optimizer {
  const { momentum = 0, nesterov = false } = options;
  checkRange("momentum", momentum, 0, 1);
  const buffer = new Float32Array(parameters.count);
  const segments = segmentsOf(parameters.entries, options);
  return flatOptimizer(parameters, options, { momentum: buffer }, ({ flat, gradients, scale, lr }) => {
    for (const { start, end, lrScale, weightDecay } of segments) {
      const rate = lr * lrScale;
      for (let i = start; i < end; i++) {
        const g = gradients[i] * scale + weightDecay * flat[i];
        const b = (buffer[i] = momentum * buffer[i] + g);
        flat[i] -= rate * (nesterov ? g + momentum * b : b);
      }
    }
  });
}
