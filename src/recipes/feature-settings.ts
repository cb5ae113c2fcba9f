import { z } from "zod";
import { count, positive, size } from "../train/settings.js";

/** Settings of a feature network and its training, for a method's schema. */
export const featureSettings = z.object({
  task: z
    .enum(["classifier", "mae", "mae+classifier"])
    .describe("how it learns: from labels, by masked auto-encoding, or both in that order"),
  width: size,
  blocks: z.array(size).min(1),
  stemStride: z.union([z.literal(1), z.literal(2)]),
  batch: size,
  steps: count,
  lr: positive,
});
/** Those of its training alone: where the network is taken from elsewhere they have no effect. */
export const FEATURE_TRAINING = ["features.batch", "features.steps", "features.lr"];
export type FeatureSettings = z.infer<typeof featureSettings>;
