import { z } from "zod";
import { count, positive, share, size } from "../../train/settings.js";

/** An evaluation classifier and its training. */
export const classifierSettings = z.object({
  seed: z.number().int().default(1),
  widths: z.tuple([size, size, size]),
  features: size,
  batch: size,
  steps: size,
  lr: positive,
  weightDecay: z.number().nonnegative(),
  smoothing: share.describe("share of the target spread over all classes"),
  augmentation: z.object({ flip: z.boolean(), shift: count, noise: z.number().nonnegative() }),
});
export type ClassifierSettings = z.infer<typeof classifierSettings>;

const tiny: ClassifierSettings = {
  seed: 1,
  widths: [32, 64, 64],
  features: 64,
  batch: 128,
  steps: 4000,
  lr: 2e-3,
  weightDecay: 0.1,
  smoothing: 0,
  augmentation: { flip: true, shift: 2, noise: 0 },
};

/** `tiny` takes a few minutes of two CPU cores on 28×28 images; `small` suits 32×32 colour photographs. */
export const presets = { tiny, small: { ...tiny, widths: [64, 128, 128], steps: 8000 } } satisfies Record<
  string,
  ClassifierSettings
>;
