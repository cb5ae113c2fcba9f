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

/**
 * What a token is, as people write it: `chars`, `bpe:4096` (pieces of a vocabulary of that size) or `gpt2`. @throws where it
 * is none of these.
 */
export function tokenSettingsNamed(text: string): TokenSettings {
  if (text === "chars") return { kind: "characters" };
  if (text === "gpt2") return { kind: "gpt2" };
  const size = /^bpe:([0-9]{1,7})$/.exec(text)?.[1];
  if (size !== undefined && Number(size) >= 2) return { kind: "bpe", size: Number(size) };
  throw new Error(`Tokens are chars, bpe:<size> (such as bpe:4096) or gpt2, got "${text}".`);
}
