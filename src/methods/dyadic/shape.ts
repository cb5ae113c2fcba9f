import { z } from "zod";
import { depth, requireActivations, requireHeads, width } from "../../models/shape.js";

/** Frames of a token: the tokenizer halves time twice. */
export const TOKEN_FRAMES = 4;

export const tokenizerShape = z.strictObject({
  /** Channels of the convolutions. */
  width,
  /** Numbers of a latent token. */
  latent: width,
  /** Codebooks, each of what the ones before it leave. */
  levels: z.int().min(1).max(16),
  /** Codes of a codebook. */
  codes: z.int().min(2).max(65_536),
});
export type TokenizerShape = z.infer<typeof tokenizerShape>;

export const dyadicNetworkShape = z
  .strictObject({
    width,
    heads: width,
    blocks: depth.min(1),
    /** Hidden width of the MLPs. */
    hidden: width,
    /** Latent tokens of a window. */
    window: z.int().min(2).max(4096),
    /** Frames of a sound token. */
    soundFrames: z.union([z.literal(1), z.literal(2), z.literal(4)]),
    /** Atoms of the motion dictionary; 0: none. */
    atoms: z.int().min(0).max(4096),
    /** Atoms that a style has, the others being 0; 0: all of them (continuous). */
    activeAtoms: z.int().min(0).max(4096),
    /** What attention to the dictionary sees: each weighted atom, or their sum. */
    styleTokens: z.enum(["atoms", "sum"]),
    /** How what the target's sound explains is removed from the partner's; none: not at all. */
    orca: z.enum(["exact", "regress", "subspace", "none"]),
    /** What the two directions of hearing are mixed by. */
    gate: z.enum(["vector", "scalar", "linear"]),
    /** cross: attention to the context; joint: context and motion attend to each other, with weights of their own. */
    attention: z.enum(["cross", "joint"]),
    /** film: after each branch; adaln: before it, with a gate. */
    modulation: z.enum(["film", "adaln"]),
    /** Tokens, or seconds, ahead of a latent token that it sees; absent: all. */
    causal: z.strictObject({ tokens: z.int().min(0), seconds: z.number().min(0) }).optional(),
    /** Both people are one diffusion: each sees the other one's noisy latents at every step. */
    together: z.boolean().optional(),
  })
  .superRefine((shape, context) => {
    requireHeads(shape, context);
    const most = shape.window * (TOKEN_FRAMES / shape.soundFrames);
    requireActivations({ tokens: shape.window + 2 * most, heads: shape.heads }, context);
    if (shape.atoms > shape.width)
      context.addIssue({
        code: "custom",
        message: `${shape.atoms} atoms are not orthogonal in ${shape.width} dimensions`,
      });
    if (shape.causal && (shape.attention === "joint" || shape.orca === "subspace" || shape.together))
      context.addIssue({
        code: "custom",
        message: "causal networks have cross attention, no subspace and not together, which look ahead",
      });
    if (shape.activeAtoms > shape.atoms)
      context.addIssue({
        code: "custom",
        message: `there are ${shape.atoms} atoms, of which ${shape.activeAtoms} cannot be active`,
      });
  });
export type DyadicNetworkShape = z.infer<typeof dyadicNetworkShape>;

/** What a file keeps of a DyaDiT model's networks. */
export const dyadicShape = z
  .strictObject({
    fps: z.literal(30),
    /** Numbers of a frame of motion. */
    features: width,
    /** Numbers of a frame of sound. */
    sound: width,
    tokenizer: tokenizerShape,
    network: dyadicNetworkShape,
    /** ddpm: noise is predicted; flow: the velocity; drift: one step from noise to latents. */
    objective: z.enum(["ddpm", "flow", "drift"]),
    /** Which conditions were hidden at times in training, and so can be guided by. */
    guided: z.boolean(),
  })
  .refine(
    ({ objective, network }) => objective !== "drift" || !network.together,
    "one step from noise sees nothing of the other one's motion in the other one's noise: set network.together to false, or take ddpm or flow",
  );
export type DyadicShape = z.infer<typeof dyadicShape>;

/** Frames of a window. */
export const windowFrames = ({ network }: Pick<DyadicShape, "network">): number => TOKEN_FRAMES * network.window;

/** Sound tokens of a window, of each person. */
export const soundTokens = ({ window, soundFrames }: DyadicNetworkShape): number =>
  (window * TOKEN_FRAMES) / soundFrames;

/** What the denoiser is fed of the other one where both are drawn together. */
export const pairInputs = ({ network, tokenizer }: DyadicShape, size: number): Record<string, number[]> =>
  network.together ? { other: [size, network.window, tokenizer.latent], accompanied: [size] } : {};

export const RELATION_COUNT = 4;
export const TRAIT_COUNT = 5;
