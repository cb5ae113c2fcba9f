import { z } from "zod";
import { tokenSettings } from "../../data/tokens/settings.js";
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
import { count, decay, positive, share, size } from "../../train/settings.js";

/** A share that leaves something on both sides. */
const inner = z.number().gt(0).lt(1);

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

const body = { kind: "transformer", condition: 128, tied: false } as const;
const characters = { process: "uniform", schedule: "log-linear", vocabulary: 27, length: 256, classes: 0 } as const;
const gpt2 = { ...characters, vocabulary: 50257, length: 1024 } as const;

/** Networks by size: `tiny` has about 1 M parameters on characters; `small` and `medium` are the papers', on GPT-2's vocabulary. */
export const shapes = {
  tiny: { ...characters, network: { ...body, width: 128, heads: 4, blocks: 4 } },
  base: { ...characters, network: { ...body, width: 256, heads: 8, blocks: 6 } },
  small: { ...gpt2, network: { ...body, width: 768, heads: 12, blocks: 12 } },
  medium: { ...gpt2, network: { ...body, width: 1024, heads: 16, blocks: 24 } },
} satisfies Record<string, DiscreteShape>;

/** Everything that defines a discrete diffusion model and its training; `presets` fill it. */
export const discreteConfig = z.object({
  seed: z.number().int().default(0),
  /** Model (name, folder or URL) of the same shape whose weights training begins with; null: fresh ones. */
  from: z.string().min(1).nullable().default(null),
  process: discreteShape.shape.process,
  schedule: discreteShape.shape.schedule,
  tokens: tokenSettings,
  /** Tokens of a sequence; pixels have as many as the image. */
  length: size,
  network: discreteShape.shape.network,
  /** Of uniform noise on text: what the first `share` of the steps are trained with. Masked noise and pixels have none. */
  curriculum: z
    .object({
      kind: z.enum(["topk", "softmax", "none"]),
      share,
      k: z.number().int().min(2),
      tau: positive,
      /** Share of clean tokens at the two ends of the window. */
      low: inner,
      high: inner,
      rule: z.enum(["argmax", "inTopk"]),
    })
    .refine(({ low, high }) => low < high, { message: "low must be below high" }),
  /**
   * Distillation to few steps (discrete consistency): rounds of `steps`, starting at a time step `delta` that doubles. `rounds` 0: none.
   */
  distillation: z.object({
    rounds: count,
    steps: size,
    delta: positive.max(1),
    lr: positive,
  }),
  training: z.object({
    batch: size,
    steps: count,
    lr: positive,
    emaDecay: decay,
    /** Largest norm of the gradients. */
    clip: positive,
    /** Probability with which a sequence's class is hidden. */
    labelDropout: share,
  }),
});
export type DiscreteConfig = z.infer<typeof discreteConfig>;

const tiny: DiscreteConfig = {
  seed: 0,
  from: null,
  process: "uniform",
  schedule: "log-linear",
  tokens: { kind: "characters" },
  length: 64,
  network: { ...body, width: 128, heads: 4, blocks: 3 },
  curriculum: { kind: "topk", share: 0.5, k: 2, tau: 1e-3, low: 0.05, high: 0.95, rule: "argmax" },
  distillation: { rounds: 0, steps: 500, delta: 1 / 512, lr: 3e-4 },
  training: { batch: 64, steps: 1500, lr: 2e-3, emaDecay: 0.998, clip: 1, labelDropout: 0.1 },
};

const pixels: DiscreteConfig = {
  ...tiny,
  schedule: "cosine",
  tokens: { kind: "pixels", levels: 2 },
  network: { kind: "unet", hidden: 384, blocks: 2, condition: 128 },
  curriculum: { ...tiny.curriculum, kind: "none" },
  training: { ...tiny.training, steps: 1500 },
};

/** `text-…` for text, `pixels-…` for images (levels 2: black and white); `paper` is the papers' size on GPT-2's tokens. */
export const presets = {
  tiny,
  small: {
    ...tiny,
    length: 256,
    network: { ...body, width: 160, heads: 5, blocks: 4 },
    training: { ...tiny.training, batch: 32, steps: 3600, lr: 1.5e-3, emaDecay: 0.999 },
  },
  lines: { ...tiny, length: 16, training: { ...tiny.training, batch: 128, steps: 3000 } },
  pixels,
  paper: {
    ...tiny,
    tokens: { kind: "gpt2" },
    length: 1024,
    network: shapes.small.network,
    curriculum: { ...tiny.curriculum, low: 0.0493, high: 0.945 },
    training: { ...tiny.training, batch: 512, steps: 1_000_000, lr: 3e-4, emaDecay: 0.9999 },
  },
} satisfies Record<string, DiscreteConfig>;
