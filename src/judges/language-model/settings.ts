import { z } from "zod";
import { tokenSettings } from "../../data/tokens/settings.js";
import { count, positive, size } from "../../train/settings.js";

/** A small autoregressive transformer that judges text, and its training. */
export const languageModelSettings = z.object({
  seed: z.number().int().default(1),
  tokens: tokenSettings,
  length: size,
  width: size,
  heads: size,
  blocks: size,
  batch: size,
  steps: count,
  lr: positive,
});
export type LanguageModelSettings = z.infer<typeof languageModelSettings>;

const tiny: LanguageModelSettings = {
  seed: 1,
  tokens: { kind: "characters" },
  length: 256,
  width: 128,
  heads: 4,
  blocks: 4,
  batch: 32,
  steps: 1500,
  lr: 2e-3,
};

/** `tiny` takes about twenty minutes of one CPU core on characters; `bpe` reads pieces of words. */
export const presets = {
  tiny,
  bpe: { ...tiny, tokens: { kind: "bpe", size: 1024 }, length: 64, batch: 64 },
} satisfies Record<string, LanguageModelSettings>;
