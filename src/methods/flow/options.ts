import { z } from "zod";
import { countOption, guidanceOption, labelOption, seedOption, stepsOption, without } from "../../models/options.js";
import { solverNames, solvers } from "./sampler.js";
import type { FlowShape } from "./shape.js";

const all = z.strictObject({
  count: countOption(),
  label: labelOption(),
  steps: stepsOption(20, 1000, "steps of the solver"),
  sampler: z
    .enum(solverNames)
    .default("euler")
    .describe(`solver: ${solverNames.map((name) => `${name} (${solvers[name].summary})`).join(", ")}`),
  guidance: guidanceOption(0, 10).describe("classifier-free guidance; 1 is none and costs half"),
  seed: seedOption(),
});

/** What a flow model can be asked for: without a shape everything. */
export const flowOptions = (shape?: FlowShape) =>
  without(all, { label: shape?.classes === 0, guidance: shape?.classes === 0 });

export type FlowSampleOptions = z.input<typeof all>;
