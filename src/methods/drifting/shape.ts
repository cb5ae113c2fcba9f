import { z } from "zod";
import { classes, depth, imageShape, requireActivations, requireHeads, width } from "../../models/shape.js";
import { autoencoderShape, noiseOf } from "../../networks/autoencoder.js";

const count = z.int().min(1).max(1024);

/** What a file keeps of a generator of latent vectors with their decoder, as this package trains it. */
export const generatorShape = z.strictObject({
  kind: z.undefined().optional(),
  autoencoder: autoencoderShape,
  /** 0: unconditional. */
  classes,
  hidden: width,
  blocks: depth,
  condition: width,
  /** Discrete style tokens: `count` indices, each into its own table of `size` rows. */
  styles: z.strictObject({ count: z.int().min(0).max(1024), size: z.int().min(0).max(65_536) }),
  /** Whether the guidance strength is an input. */
  guidance: z.boolean(),
  /** Whether the decoder takes noise for every pixel too, after that of the latent vector. */
  pixelNoise: z.literal(true).optional(),
});
export type GeneratorShape = z.infer<typeof generatorShape>;

/** What a file keeps of the paper's transformer on pixels, whose parts are `DitGeneratorConfig`'s. */
export const transformerShape = z
  .strictObject({
    kind: z.literal("transformer"),
    size: imageShape.shape.height,
    channels: imageShape.shape.channels,
    patch: z.int().min(1).max(256),
    classes: classes.min(1),
    width,
    depth: depth.min(1),
    heads: width,
    contextTokens: count,
    styles: z.strictObject({ count, size: z.int().min(1).max(65_536) }),
  })
  .superRefine(({ size, patch, width, heads, contextTokens }, context) => {
    if (size % patch !== 0)
      context.addIssue({
        code: "custom",
        path: ["patch"],
        message: `patches of ${patch} do not divide ${size} pixels`,
      });
    requireHeads({ width, heads }, context);
    requireActivations({ tokens: (size / patch) ** 2 + contextTokens, heads }, context);
  });
export type TransformerShape = z.infer<typeof transformerShape>;

/** Either of the two. */
export const driftingShape = z.discriminatedUnion("kind", [generatorShape, transformerShape], {
  error: "must be transformer, or left out",
});
export type DriftingShape = z.infer<typeof driftingShape>;

/** What a sample of a model is drawn from: the length of its noise, classes, style tokens, and whether guidance. */
export function inputsOf(shape: DriftingShape) {
  const { classes, styles } = shape;
  return shape.kind === "transformer"
    ? { noise: shape.channels * shape.size ** 2, classes, styles, guidance: true }
    : { noise: noiseLength(shape), classes, styles, guidance: shape.guidance };
}

/** Numbers of noise that an image is made of. */
export const noiseLength = ({
  autoencoder,
  pixelNoise,
}: {
  autoencoder: Pick<GeneratorShape["autoencoder"], "latent" | "height" | "width">;
  pixelNoise?: boolean;
}): number => autoencoder.latent + (pixelNoise ? noiseOf(autoencoder) : 0);
