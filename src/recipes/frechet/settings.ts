import { z } from "zod";
import { count, decay, positive } from "../../train/settings.js";

/** Settings of post-training by the Fréchet distance. */
export const frechetSettings = z.object({
  samples: z.number().int().min(2).describe("samples of every class in a step"),
  steps: count,
  lr: positive,
  decay: decay.describe("share of the second moments that a step keeps"),
  meanDecay: decay.describe("share of the class means that a step keeps"),
  emaDecay: decay,
});
export type FrechetSettings = z.infer<typeof frechetSettings>;

/** About 200 seconds on two cores at 28×28 pixels. */
export const frechetPreset: FrechetSettings = {
  samples: 32,
  steps: 400,
  lr: 2e-5,
  decay: 0.97,
  meanDecay: 0.6,
  emaDecay: 0.98,
};

/** Settings of the stage that have no effect while it has no steps. */
export const idleFrechet = ({ steps, ...others }: { steps: number }): string[] =>
  steps > 0 ? [] : Object.keys(others).map((name) => `frechetStage.${name}`);

/** The settings of no post-training. */
export const noPostTraining: FrechetSettings = { ...frechetPreset, steps: 0 };

/** The setting of what is post-trained. */
export const postTrained = z
  .string()
  .min(1)
  .nullable()
  .default(null)
  .describe("model (name, folder or URL) of the same shape that only frechetStage trains on; null: a fresh one");
