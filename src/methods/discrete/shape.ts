import { z } from "zod";
import {
  classes,
  depth,
  imageShape,
  requireActivations,
  requireHeads,
  sequenceLength,
  vocabulary,
  width,
} from "../../models/shape.js";

const transformer = z
  .strictObject({
    kind: z.literal("transformer").default("transformer"),
    width,
    heads: width,
    blocks: depth.min(1),
    /** Width of the condition vector. */
    condition: width.default(128),
    /** Whether the output layer is the input embedding. */
    tied: z.boolean().default(false),
    /** Norms: `rms` (default), or LayerNorm with a gain alone, as in the papers' code. */
    norm: z.enum(["rms", "layerGain"]).optional(),
    /** GELU of the MLPs: exact (default), or its tanh approximation, as in the papers' code. */
    mlp: z.enum(["gelu", "geluTanh"]).optional(),
  })
  .superRefine((shape, context) => requireHeads(shape, context));

const unet = z.strictObject({
  kind: z.literal("unet"),
  /** Width of the residual blocks over the whole picture, and their number. */
  hidden: width,
  blocks: depth.min(1),
  condition: width.default(128),
});

/** A denoising network and the process that it denoises: what a model's file keeps. */
export const discreteShape = z
  .strictObject({
    /** `uniform` (Duo) or `masked` (MDLM). */
    process: z.enum(["uniform", "masked"]),
    schedule: z.enum(["log-linear", "cosine"]).default("log-linear"),
    /** Clean tokens. */
    vocabulary,
    /** Tokens of a sequence. */
    length: sequenceLength,
    /** Of pixel tokens, which are in the order channel, row, column. */
    image: imageShape.optional(),
    /** Classes for guidance; 0: none. */
    classes: classes.default(0),
    network: z.union([unet, transformer]),
  })
  .superRefine(({ length, image, vocabulary, network }, context) => {
    const pixels = image && image.height * image.width * image.channels;
    if (pixels !== undefined && pixels !== length)
      context.addIssue({ code: "custom", path: ["length"], message: `its image has ${pixels} tokens` });
    requireActivations({ tokens: length, heads: network.kind === "unet" ? 0 : network.heads, vocabulary }, context);
  });
export type DiscreteShape = z.infer<typeof discreteShape>;

/** What transformers here have in common. */
export const body = { kind: "transformer", condition: 128, tied: false } as const;
const characters = { process: "uniform", schedule: "log-linear", vocabulary: 27, length: 256, classes: 0 } as const;
const gpt2 = { ...characters, vocabulary: 50257, length: 1024 } as const;

/**
 * Networks by size: `tiny` has about 1 M parameters on characters; `small` and `medium` are the papers', on GPT-2's
 * vocabulary.
 */
export const shapes = {
  tiny: { ...characters, network: { ...body, width: 128, heads: 4, blocks: 4 } },
  base: { ...characters, network: { ...body, width: 256, heads: 8, blocks: 6 } },
  small: { ...gpt2, network: { ...body, width: 768, heads: 12, blocks: 12 } },
  medium: { ...gpt2, network: { ...body, width: 1024, heads: 16, blocks: 24 } },
} satisfies Record<string, DiscreteShape>;
