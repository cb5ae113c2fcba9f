import { z } from "zod";
import { RELATIONS, TRAITS } from "../../data/dialogue-dataset.js";
import { countOption, guidanceOption, seedOption, stepsOption, without } from "../../models/options.js";
import type { DyadicShape } from "./shape.js";

/** Seconds of a dialogue at most. */
const LONGEST = 600;
const personality = (whose: string) =>
  z
    .array(z.number().min(-4).max(4))
    .length(TRAITS.length)
    .readonly()
    .optional()
    .describe(`z-scores of ${whose}: ${TRAITS.join(", ")} (default: not known)`);

const all = z.strictObject({
  count: countOption(),
  seconds: z.number().gt(0).max(LONGEST).optional().describe("length from the sounds' start (default: all of them)"),
  people: z.enum(["both", "first"]).default("both").describe("both people, who see each other; or the first one alone"),
  relation: z.enum(RELATIONS).optional().describe("what the two are to each other (default: not known)"),
  personality: personality("the first person"),
  partnerPersonality: personality("the second person"),
  steps: stepsOption(20, 1000),
  guidance: guidanceOption(0, 10).default(2).describe("guidance towards all that is known; 1 is none and costs half"),
  socialGuidance: z
    .number()
    .min(0)
    .max(10)
    .optional()
    .describe("of relation, personality and style, instead of guidance"),
  partnerGuidance: z.number().min(0).max(10).optional().describe("of the partner's motion, instead of guidance"),
  expressiveness: z
    .number()
    .min(0)
    .max(3)
    .default(1)
    .describe("scales what is drawn about the mean pose: 0 stands still, 2 moves twice as far"),
  snap: z.boolean().default(false).describe("moves latents to the tokenizer's nearest codes before they are decoded"),
  seed: seedOption(),
});

/** What a DyaDiT model can be asked for; without label dropout it has no guidance, and drifting takes one step. */
export const dyadicOptions = (shape?: DyadicShape) => {
  const none = shape !== undefined && !shape.guided;
  return without(all, {
    ...{ guidance: none, socialGuidance: none, partnerGuidance: none },
    steps: shape?.objective === "drift",
  });
};
/** What a live session can be asked for. */
export const sessionOptions = (shape: DyadicShape) =>
  without(
    dyadicOptions(shape)
      .omit({ count: true, seconds: true, people: true })
      .extend({
        steps: stepsOption(8, 1000),
        idle: z
          .number()
          .min(0)
          .max(1)
          .default(1)
          .describe("how much of breath, and of looking at who speaks, is added"),
      }),
    { steps: shape.objective === "drift" },
  );
export type DyadicSessionOptions = z.input<ReturnType<typeof sessionOptions>>;
export type DyadicSampleOptions = z.input<typeof all>;
