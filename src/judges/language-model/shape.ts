import { z } from "zod";
import { depth, requireActivations, requireHeads, sequenceLength, vocabulary, width } from "../../models/shape.js";

export const languageModelShape = z
  .strictObject({ vocabulary, length: sequenceLength, width, heads: width, blocks: depth })
  .superRefine(({ vocabulary, length, width, heads }, context) => {
    requireHeads({ width, heads }, context);
    requireActivations({ tokens: length, heads, vocabulary }, context);
  });
export type LanguageModelShape = z.infer<typeof languageModelShape>;
