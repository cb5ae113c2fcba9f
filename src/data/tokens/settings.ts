import { z } from "zod";

/**
 * What a token is: a character, a piece of one of `size` (byte-pair encoding learnt here), one of GPT-2's, or a pixel's
 * level.
 */
export const tokenSettings = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("characters") }),
  z.object({ kind: z.literal("bpe"), size: z.number().int().min(2) }),
  z.object({ kind: z.literal("gpt2") }),
  z.object({ kind: z.literal("pixels"), levels: z.number().int().min(2).max(256) }),
]);
export type TokenSettings = z.infer<typeof tokenSettings>;
