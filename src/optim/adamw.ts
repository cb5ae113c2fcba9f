import type { Parameters } from "../runtime/parameters.js";
import { kernels } from "./kernels/index.js";
import {
  COMMON,
  checkRange,
  flatOptimizer,
  type Optimizer,
  type OptimizerOptions,
  requireArguments,
  type Segment,
  type StepContext,
  segmentsOf,
  within,
} from "./optimizer.js";

export interface AdamOptions extends OptimizerOptions {
  /** Decay of the first and second moment; default [0.9, 0.999]. */
  betas?: readonly [number, number];
  /** Default 1e-8. */
  eps?: number;
}

/** One Adam update of a segment; decoupled weight decay where `decoupled`, an L2 term in the gradient otherwise. */
export function adamSegment(
  { flat, gradients, scale, lr, step }: StepContext,
  { start, end, lrScale, weightDecay }: Segment,
  m: Float32Array,
  v: Float32Array,
  [beta1, beta2]: readonly [number, number],
  eps: number,
  decoupled: boolean,
): void {
  const rate = lr * lrScale;
  kernels().adam([flat, m, v, gradients], start, end, {
    scale,
    l2: decoupled ? 0 : weightDecay,
    beta1,
    beta2,
    stepSize: rate / (1 - beta1 ** step),
    correction: 1 / Math.sqrt(1 - beta2 ** step),
    eps,
    decay: decoupled ? rate * weightDecay : 0,
  });
}

function make(parameters: Parameters, options: AdamOptions, decoupled: boolean): Optimizer {
  requireArguments(decoupled ? "adamw" : "adam", parameters, options, [...COMMON, "betas", "eps"]);
  const { betas = [0.9, 0.999], eps = 1e-8 } = options;
  for (const beta of betas) checkRange("betas", beta, 0, 1);
  checkRange("eps", eps, 0);
  const [m, v] = kernels().vectors(2, parameters.count);
  const segments = segmentsOf(parameters.entries, options);
  return flatOptimizer(parameters, options, { m, v }, (context) => {
    for (const segment of within(segments, context.part)) adamSegment(context, segment, m, v, betas, eps, decoupled);
  });
}

/** AdamW (Loshchilov & Hutter 2019): Adam with decoupled weight decay, default 0.01. */
export const adamw = (parameters: Parameters, options: AdamOptions): Optimizer =>
  make(parameters, { weightDecay: 0.01, ...options }, true);

/** Adam (Kingma & Ba 2015); weight decay, default 0, is an L2 term of the gradient. */
export const adam = (parameters: Parameters, options: AdamOptions): Optimizer => make(parameters, options, false);
