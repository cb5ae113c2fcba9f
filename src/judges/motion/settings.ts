import { z } from "zod";
import { positive, share, size } from "../../train/settings.js";

/** A judge of motion and its training. */
export const motionJudgeSettings = z.object({
  seed: z.number().int().default(1),
  frames: size.min(4).describe("frames of the windows that it judges"),
  clips: share.gt(0).describe("share of the training clips that it learns from, drawn by its seed"),
  width: size,
  features: size,
  embedding: size,
  batch: size.min(2),
  steps: size.min(2),
  lr: positive,
  weightDecay: z.number().nonnegative(),
  noise: share.describe("share of words that are read as unknown ones"),
});
export type MotionJudgeSettings = z.infer<typeof motionJudgeSettings>;

const tiny: MotionJudgeSettings = {
  seed: 1,
  frames: 60,
  clips: 0.5,
  width: 64,
  features: 32,
  embedding: 32,
  batch: 64,
  steps: 1500,
  lr: 2e-3,
  weightDecay: 0.05,
  noise: 0.05,
};

/** `tiny` takes a few minutes of a CPU core. */
export const presets = { tiny } satisfies Record<string, MotionJudgeSettings>;
