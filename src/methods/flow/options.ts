import { z } from "zod";
import { countOption, guidanceOption, labelOption, seedOption, stepsOption, without } from "../../models/options.js";
import { solverNames, velocitySolvers } from "./sampler.js";
import type { FewStepObjective, FlowShape } from "./shape.js";

const all = z.strictObject({
  count: countOption(),
  label: labelOption(),
  steps: stepsOption(20, 1000, "steps of the solver"),
  sampler: z
    .enum(solverNames)
    .default("euler")
    .describe(`solver: ${solverNames.map((name) => `${name} (${velocitySolvers[name].summary})`).join(", ")}`),
  guidance: guidanceOption(0, 10).describe("classifier-free guidance; 1 is none and costs half"),
  seed: seedOption(),
});

/** Jumps as many as make up the way; the shortest that a model has learnt are 2^(1 − levels) of it. */
const jumps = (levels = 11) =>
  z
    .int()
    .min(1)
    .max(2 ** (levels - 1))
    .refine((n) => Number.isInteger(Math.log2(n)), {
      error: ({ input }) => `steps of a shortcut model must be a power of two, such as 1, 2 or 4; got ${input}.`,
    })
    .default(1)
    .describe("jumps of equal length: a power of two, up to the shortest jumps that were learnt");

const steps: Record<FewStepObjective, (shape: FlowShape) => z.ZodDefault<z.ZodInt>> = {
  "alpha-flow": () => stepsOption(1, 1000, "jumps of equal length"),
  shortcut: ({ levels }) => jumps(levels),
  consistency: () => stepsOption(1, 1000, "samples, each from the one before it made noisy again"),
};

/** What a flow model can be asked for: without a shape everything. One-step models have their own rule and no solver. */
export const flowOptions = (shape?: FlowShape) => {
  const objective = shape?.objective;
  const own = (shape && objective ? all.extend({ steps: steps[objective](shape) }) : all) as typeof all;
  const none = shape?.classes === 0;
  return without(own, { label: none, guidance: none, sampler: objective !== undefined });
};

export type FlowSampleOptions = z.input<typeof all>;
