import { z } from "zod";
import { count, decay, positive, share, size } from "../../train/settings.js";

const schedule = { batch: size, steps: count, lr: positive };
const weight = z.number().nonnegative();

/** Everything that defines a DyaDiT model and its training; `presets` fill it. */
export const dyadicSettings = z.object({
  seed: z.number().int().default(0),
  tokenizer: z.object({
    width: size.describe("channels of the tokenizer's convolutions"),
    latent: size.describe("numbers of a token, which is 4 frames"),
    levels: size.max(16).describe("codebooks, each of what the ones before it leave (Q)"),
    codes: size.min(2).describe("codes of a codebook (K)"),
    frames: size.multipleOf(4).describe("frames of a training window"),
    velocity: weight.describe("weight of the error of changes from frame to frame"),
    commitment: weight.describe("weight of the distance of latents to their codes"),
    dropout: share.describe("share of windows that are decoded from the first codebooks only, a random number of them"),
    ...schedule,
  }),
  network: z.object({
    width: size,
    heads: size,
    blocks: size,
    hidden: size,
    window: size.min(2).describe("tokens of a window"),
    soundFrames: z.union([z.literal(1), z.literal(2), z.literal(4)]).describe("frames of a sound token"),
    atoms: count.describe("atoms of the motion dictionary; 0: none"),
    activeAtoms: count.describe("atoms that a style has; 0: all, weighted (continuous)"),
    styleTokens: z
      .enum(["atoms", "sum"])
      .describe("what sound sees of the dictionary: each weighted atom, or their sum"),
    orca: z
      .enum(["exact", "regress", "subspace", "none"])
      .describe("how the target's sound is removed from the partner's"),
    gate: z.enum(["vector", "scalar", "linear"]).describe("what mixes the two directions of hearing"),
    attention: z.enum(["cross", "joint"]).describe("cross: to the context (DyaDiT); joint: both to each other (SD3)"),
    modulation: z.enum(["film", "adaln"]).describe("how relation, traits and time come in"),
    causal: z
      .object({ tokens: count, seconds: weight })
      .optional()
      .describe("what each block sees ahead: latent tokens, and seconds of sound; absent: all"),
    together: z
      .boolean()
      .optional()
      .describe("both people are one diffusion: each sees the other's noisy latents at every step (ddpm, flow)"),
  }),
  training: z.object({
    objective: z.enum(["ddpm", "flow", "drift"]).describe("ddpm (DyaDiT), flow matching, or drifting in one step"),
    diffuse: z.enum(["quantised", "continuous"]).describe("latents as their codes are, or before they are quantised"),
    drop: z
      .object({ relation: share, traits: share, partner: share, style: share, all: share })
      .describe("shares of windows without each condition; all: with none, sounds neither"),
    repeats: size.min(2).describe("windows drawn for each condition, of drifting only"),
    temperatures: z
      .array(positive)
      .min(1)
      .describe("widths of the drift's kernel at the end, relative to the mean distance"),
    gain: weight.describe("most that sounds are made louder or softer by, both alike, in decibels"),
    mirror: z.boolean().describe("also learn from mirrored people"),
    clip: positive.describe("largest norm of the gradients"),
    emaDecay: decay,
    ...schedule,
  }),
});
export type DyadicSettings = z.infer<typeof dyadicSettings>;

const network: DyadicSettings["network"] = {
  ...{ width: 64, heads: 4, blocks: 2, hidden: 192, window: 30, soundFrames: 4 },
  ...{ atoms: 8, activeAtoms: 2, styleTokens: "atoms", orca: "exact", gate: "vector" },
  ...{ attention: "cross", modulation: "film" },
};

const tiny: DyadicSettings = {
  seed: 0,
  tokenizer: {
    ...{ width: 48, latent: 24, levels: 4, codes: 128, frames: 64, velocity: 0.5, commitment: 0.02, dropout: 0.2 },
    ...{ batch: 16, steps: 300, lr: 2e-3 },
  },
  network: { ...network, together: true },
  training: {
    objective: "flow",
    diffuse: "quantised",
    drop: { relation: 0.15, traits: 0.15, partner: 0.3, style: 0.5, all: 0.1 },
    repeats: 4,
    temperatures: [0.05, 0.2],
    gain: 1.5,
    mirror: true,
    clip: 1,
    emaDecay: 0.99,
    ...{ batch: 32, steps: 600, lr: 2e-3 },
  },
};

const small: DyadicSettings = {
  ...tiny,
  tokenizer: { ...tiny.tokenizer, width: 96, codes: 256, steps: 1500, lr: 1.5e-3 },
  network: { ...tiny.network, hidden: 256 },
  training: { ...tiny.training, steps: 7000, lr: 1.5e-3, emaDecay: 0.998 },
};

/**
 * `tiny` takes minutes of a CPU core, `small`, as the shipped model was trained, 11 to 30 minutes; `paper` is DyaDiT's (2602.23165) as far as its sizes are known:
 * 4 blocks, 4 codebooks, 64 numbers a token, 300 frames. Widths, codes, atoms, batch and steps are ours.
 */
export const presets = {
  tiny,
  small,
  paper: {
    ...small,
    tokenizer: { ...small.tokenizer, width: 256, latent: 64, codes: 512, batch: 64, steps: 300_000, lr: 2e-4 },
    network: { ...network, width: 512, heads: 8, blocks: 4, hidden: 2048, window: 75, soundFrames: 1, atoms: 32 },
    training: { ...small.training, objective: "ddpm", batch: 64, steps: 200_000, lr: 1e-4, emaDecay: 0.999 },
  },
} satisfies Record<string, DyadicSettings>;
