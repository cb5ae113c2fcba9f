import { z } from "zod";

/** What an answer is asked for, beside picture and question. */
export const answerOptions = z.strictObject({
  count: z.int().min(1).max(1000).default(1).describe("answers to each question"),
  temperature: z
    .number()
    .min(0)
    .max(10)
    .default(0)
    .describe("0: the likeliest word each time; 1: words as likely as the model says; above: more evenly"),
  seed: z.int().default(0).describe("same seed, same answers"),
});
export type AnswerOptions = z.input<typeof answerOptions>;
