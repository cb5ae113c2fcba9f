import { z } from "zod";
import { depth, requireActivations, requireHeads, sequenceLength, width } from "../../models/shape.js";

/** Frames of a token: the codec halves time twice. */
export const TOKEN_FRAMES = 4;

/** A word of a vocabulary, as `wordsOf` makes them. */
const word = z.string().regex(/^[a-z0-9']{1,64}$/);

export const codecShape = z.strictObject({
  /** Channels of every convolution. */
  width,
  /** Numbers of a token. */
  latent: width,
  /** Residual blocks at each rate; their dilations are powers of 3. */
  depth: depth.min(1).max(6),
});

export const textShape = z
  .strictObject({
    /** Words with a vector of their own. */
    words: z.array(word).max(100_000).readonly(),
    /** Vectors that all other words share. */
    buckets: z.int().min(1).max(65_536),
    /** Words of a caption at most. */
    length: sequenceLength.max(1024),
    width,
    heads: width,
    blocks: depth,
  })
  .superRefine((shape, context) => requireHeads(shape, context));
export type TextShape = z.infer<typeof textShape>;

/** Captions as states of their words that another model makes, and that come with a request. */
export const statesShape = z.strictObject({
  /** The name of that model. */
  encoder: z.string().min(1).max(200),
  /** Words, or pieces of words, of a caption at most. */
  length: sequenceLength.max(1024),
  width,
});
export type StatesShape = z.infer<typeof statesShape>;

export const transformerShape = z
  .strictObject({
    width,
    heads: width,
    blocks: depth.min(1),
    /** Hidden width of the MLPs. */
    hidden: width,
    /** Tokens that share a noise level and see each other. */
    block: z.int().min(1).max(64),
    /** Blocks that the network looks at, at most. */
    window: z.int().min(1).max(4096),
    /**
     * What a block sees beside itself: `causal`: earlier blocks; `window`: also the later ones of those that are being
     * denoised.
     */
    attention: z.enum(["causal", "window"]),
    /** Times in [0, 1] are stretched by it before their sines; default 1000. */
    timeScale: z.number().positive().max(1e6).optional(),
  })
  .superRefine((shape, context) => {
    requireHeads(shape, context);
    requireActivations({ tokens: shape.window * shape.block, heads: shape.heads }, context);
  });
export type TransformerShape = z.infer<typeof transformerShape>;

/** What a file keeps of a motion model's networks. */
export const motionShape = z.strictObject({
  /** Frames a second. */
  fps: z.number().min(1).max(1000),
  /** Numbers of a frame. */
  features: width,
  codec: codecShape,
  text: z.union([textShape, statesShape]),
  network: transformerShape,
});
export type MotionShape = z.infer<typeof motionShape>;

/** Frames of a block. */
export const blockFrames = ({ network }: Pick<MotionShape, "network">): number => TOKEN_FRAMES * network.block;
