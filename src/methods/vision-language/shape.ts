import { z } from "zod";
import { depth, imageShape, requireActivations, requireHeads, sequenceLength, width } from "../../models/shape.js";

/** Pixels of a picture's side for each patch: the encoder halves three times. */
export const PATCH = 8;

export const visionLanguageShape = z
  .strictObject({
    image: imageShape,
    /** Every word of questions and answers. */
    words: z.array(z.string().regex(/^\S+$/, "words have no spaces")).min(1).max(100_000),
    /** Tokens of a question, the mark behind it and its answer. */
    length: sequenceLength,
    /** Channels after the first and second halving. */
    channels: z.tuple([width, width]),
    width,
    heads: width,
    encoderBlocks: depth,
    blocks: depth,
  })
  .superRefine(({ image, words, length, width, heads }, context) => {
    requireHeads({ width, heads }, context);
    if (width % 4 !== 0)
      context.addIssue({ code: "custom", path: ["width"], message: "width must be a multiple of 4" });
    for (const side of ["height", "width"] as const)
      if (image[side] % PATCH !== 0)
        context.addIssue({ code: "custom", path: ["image", side], message: `${side} must be a multiple of ${PATCH}` });
    if (new Set(words).size < words.length)
      context.addIssue({ code: "custom", path: ["words"], message: "a word stands there twice" });
    const patches = (image.height / PATCH) * (image.width / PATCH);
    requireActivations({ tokens: Math.max(length, patches), heads, vocabulary: words.length }, context);
  });
export type VisionLanguageShape = z.infer<typeof visionLanguageShape>;
