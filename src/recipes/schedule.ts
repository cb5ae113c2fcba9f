import { type AdamOptions, constant, type Schedule, trapezoid } from "../optim/index.js";
import type { GradientStageOptions } from "../train/gradient-stage.js";

/**
 * Learning rate of most stages: a short warm-up, constant until the share `from` of the steps, then linear down to
 * `floor`·lr.
 */
export function decaySchedule({ lr, steps }: { lr: number; steps: number }, from = 0.4, floor = 0.02): Schedule {
  if (steps === 0) return constant(lr);
  const warmup = Math.min(50, Math.floor(steps / 10));
  return trapezoid({
    peak: lr,
    warmup,
    decayFrom: Math.max(warmup, Math.floor(steps * from)),
    steps,
    floor: floor * lr,
  });
}

/**
 * How generators are trained: AdamW (β 0.9 and 0.95, no weight decay, gradients clipped, by default at 2) on a decaying
 * learning rate, and a weight average that pictures are drawn with and that becomes the stage's result.
 */
export const generatorTraining = (
  config: { lr: number; steps: number; emaDecay: number },
  options: Partial<AdamOptions> = {},
): Pick<GradientStageOptions, "steps" | "optimizer" | "emaDecay"> => ({
  steps: config.steps,
  optimizer: { lr: decaySchedule(config), betas: [0.9, 0.95], weightDecay: 0, clip: 2, ...options },
  emaDecay: config.emaDecay,
});
