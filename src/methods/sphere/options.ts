import { z } from "zod";
import { countOption, guidanceOption, labelOption, seedOption, stepsOption, without } from "../../models/options.js";
import type { SphereShape } from "./shape.js";

/** Decodings at most. */
export const MOST_STEPS = 64;

const all = z.strictObject({
  count: countOption(),
  label: labelOption(),
  steps: stepsOption(4, MOST_STEPS, "decodings; every one after the first is preceded by an encoding"),
  guidance: guidanceOption(1, 10),
  guidanceAt: z
    .enum(["encoder", "decoder", "both"])
    .optional()
    .describe("which network is guided; both (default) gives each the square root of the strength"),
  shareNoise: z
    .enum(["initial", "official", "none"])
    .default("initial")
    .describe(
      "noise of the refinements: that of the first latent, one drawn at the first refinement and kept (as released), or new each time",
    ),
  angle: z
    .number()
    .min(0)
    .max(90)
    .optional()
    .describe("degrees of noise that the decoder is told of the first, random point (default: the model's)"),
  schedule: z.boolean().default(false).describe("weakens the noise from step to step, by 1 − t/T"),
  seed: seedOption(),
});

const refined = (schema: typeof all) =>
  schema.superRefine(({ guidance = 1, guidanceAt }, context) => {
    if (guidanceAt !== undefined && guidance === 1)
      context.addIssue({
        code: "custom",
        path: ["guidanceAt"],
        message: `guidanceAt ${guidanceAt} does nothing without guidance; give its strength too.`,
      });
  });

/** What a Sphere Encoder can be asked for: without a shape everything. */
export function sphereOptions(shape?: SphereShape) {
  const absent = shape?.classes === 0;
  const angle = shape !== undefined && shape.sampleAngle === undefined;
  return refined(without(all, { label: absent, guidance: absent, guidanceAt: absent, angle }));
}

export type SphereSampleOptions = z.input<typeof all>;
