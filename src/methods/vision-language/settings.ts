import { z } from "zod";
import { SKILLS, type Skill } from "../../data/scenes/skill-names.js";
import { count, decay, positive, share, size } from "../../train/settings.js";

const weight = z.number().min(0);

/** Learning by reward of the model's own answers (GRPO), after that by right ones. */
const reinforcement = z.object({
  steps: count.describe("of learning by reward of its own answers, after the answers' training; 0 is none"),
  pool: size.describe("questions that are drawn for it"),
  tries: size.describe("answers to each of them by which the pool is filtered"),
  band: z
    .tuple([share, share])
    .refine(([low, high]) => low <= high, "its first number is not above its second")
    .describe("shares of right answers between which a question of the pool is kept; 0 and 1 keep all"),
  questions: size.describe("questions that are answered at a time"),
  answers: size.min(2).describe("answers to each, which are compared with each other"),
  updates: size.describe("steps that learn from the same answers, each from as many of the questions"),
  lr: positive,
  kl: weight.describe("weight of the divergence from the model that it begins with"),
});
export type Reinforcement = z.infer<typeof reinforcement>;

/** Whether any share of `tries` lies in a band. */
const canLie = (tries: number, [low, high]: Reinforcement["band"]): boolean =>
  Array.from({ length: tries + 1 }, (_, right) => right / tries).some((share) => share >= low && share <= high);

const noReinforcement: Reinforcement = {
  ...{ steps: 0, pool: 512, tries: 9, band: [0.3, 0.8] },
  ...{ questions: 32, answers: 8, updates: 4, lr: 2e-4, kl: 0.01 },
};

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
  reinforcement: reinforcement
    .refine(({ questions, updates }) => questions % updates === 0, {
      path: ["updates"],
      message: "updates share the questions equally: they divide their number",
    })
    .refine(({ tries, band }) => canLie(tries, band), {
      path: ["tries"],
      message: "no number of right answers among so many has its share in band: take more tries, or a wider band",
    })
    .default(noReinforcement),
});
export type VisionLanguageSettings = z.infer<typeof visionLanguageSettings>;

const tiny: VisionLanguageSettings = {
  seed: 0,
  mixture: Object.fromEntries(SKILLS.map((skill) => [skill, 1])) as Record<Skill, number>,
  without: [],
  network: { channels: [16, 32], width: 64, heads: 4, encoderBlocks: 1, blocks: 1 },
  training: { pictures: 8, questions: 8, steps: 2000, lr: 2e-3, emaDecay: 0.99 },
  reinforcement: noReinforcement,
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
