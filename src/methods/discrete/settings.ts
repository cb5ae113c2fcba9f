import { z } from "zod";
import { tokenSettings } from "../../data/tokens/settings.js";
import { count, decay, positive, share, size } from "../../train/settings.js";
import { body, discreteShape, shapes } from "./shape.js";

/** A share that leaves something on both sides. */
const inner = z.number().gt(0).lt(1);

/** Everything that defines a discrete diffusion model and its training; `presets` fill it. */
export const discreteSettings = z.object({
  seed: z.number().int().default(0),
  from: z
    .string()
    .min(1)
    .nullable()
    .default(null)
    .describe("model (name, folder or URL) of the same shape whose weights training begins with; null: fresh ones"),
  process: discreteShape.shape.process,
  schedule: discreteShape.shape.schedule,
  tokens: tokenSettings,
  length: size.describe("tokens of a sequence; pixels have as many as the image"),
  network: discreteShape.shape.network,
  /**
   * Of uniform noise on text: what the first `share` of the steps are trained with. Masked noise and pixels have none.
   */
  curriculum: z
    .object({
      kind: z.enum(["topk", "softmax", "none"]),
      share,
      k: z.number().int().min(2),
      tau: positive,
      low: inner.describe("share of clean tokens at the two ends of the window"),
      high: inner,
      rule: z.enum(["argmax", "inTopk"]),
    })
    .refine(({ low, high }) => low < high, { message: "low must be below high" }),
  /**
   * Distillation to few steps (discrete consistency): rounds of `steps`, starting at a time step `delta` that doubles.
   * `rounds` 0: none.
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
    clip: positive.describe("largest norm of the gradients"),
    labelDropout: share.describe("probability with which a sequence's class is hidden"),
  }),
});
export type DiscreteSettings = z.infer<typeof discreteSettings>;

const tiny: DiscreteSettings = {
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

const pixels: DiscreteSettings = {
  ...tiny,
  schedule: "cosine",
  tokens: { kind: "pixels", levels: 2 },
  network: { kind: "unet", hidden: 384, blocks: 2, condition: 128 },
  curriculum: { ...tiny.curriculum, kind: "none" },
  training: { ...tiny.training, steps: 1500 },
};

/**
 * `text-…` for text, `pixels-…` for images (levels 2: black and white); `paper` is the papers' size on GPT-2's tokens.
 */
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
} satisfies Record<string, DiscreteSettings>;
