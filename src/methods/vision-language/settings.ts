import { z } from "zod";
import { SKILLS, type Skill } from "../../data/scenes/skill-names.js";
import { count, decay, positive, size } from "../../train/settings.js";

const weight = z.number().min(0);

/** A vision-language model and its training. */
export const visionLanguageSettings = z.object({
  seed: z.number().int().default(0),
  mixture: z
    .object(Object.fromEntries(SKILLS.map((skill) => [skill, weight])) as Record<Skill, typeof weight>)
    .describe("how often each skill is asked for, relative to the others; 0 is never"),
  without: z.array(z.string()).default([]).describe("words that no question and no answer to learn from has"),
  network: z.object({
    channels: z.tuple([size, size]).describe("channels after the first and second halving of the picture"),
    width: size,
    heads: size,
    encoderBlocks: count.describe("transformer blocks over the picture's patches"),
    blocks: size.describe("transformer blocks over the words"),
  }),
  training: z.object({
    pictures: size.describe("pictures of a step"),
    questions: size.describe("questions about each picture"),
    steps: count,
    lr: positive,
    emaDecay: decay,
  }),
});
export type VisionLanguageSettings = z.infer<typeof visionLanguageSettings>;

const tiny: VisionLanguageSettings = {
  seed: 0,
  mixture: Object.fromEntries(SKILLS.map((skill) => [skill, 1])) as Record<Skill, number>,
  without: [],
  network: { channels: [16, 32], width: 64, heads: 4, encoderBlocks: 1, blocks: 1 },
  training: { pictures: 8, questions: 8, steps: 2000, lr: 2e-3, emaDecay: 0.99 },
};

/** `tiny` takes some minutes of one CPU core, `small`, as the shipped model was trained, half an hour of a free one. */
export const presets = {
  tiny,
  small: {
    ...tiny,
    network: { channels: [32, 64], width: 96, heads: 4, encoderBlocks: 2, blocks: 2 },
    training: { pictures: 16, questions: 8, steps: 12_000, lr: 1.5e-3, emaDecay: 0.998 },
  },
} satisfies Record<string, VisionLanguageSettings>;
