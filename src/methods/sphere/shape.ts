import { z } from "zod";
import { classes, depth, imageShape, requireActivations, requireHeads, width } from "../../models/shape.js";
import { codecShape } from "../../networks/autoencoder.js";

/** A small convolutional autoencoder with conditioned residual MLPs on both sides of its latent vector; for CPUs. */
const convBody = z.strictObject({
  kind: z.literal("conv"),
  ...codecShape.shape,
  /** Width of the residual MLPs, and how many blocks each side has. */
  trunk: width,
  encoderBlocks: depth,
  decoderBlocks: depth,
  /** Width of the class vectors. */
  condition: width,
});
export type ConvBody = z.infer<typeof convBody>;

/** The paper's transformers; see `VitConfig`. */
const vitBody = z.strictObject({
  kind: z.literal("vit"),
  patch: z.int().min(1).max(256),
  channels: width,
  width,
  layers: depth.min(1),
  heads: width,
  mixer: depth,
  head: z.enum(["linear", "conv"]),
  encoderHead: z.enum(["xavier", "zeros"]).default("xavier"),
  tokenNorm: z.boolean().default(true),
});
export type VitBody = z.infer<typeof vitBody>;

export const sphereBody = z.discriminatedUnion("kind", [convBody, vitBody]);

const networkShape = z.strictObject({
  image: imageShape,
  /** 0: unconditional. The class after the last is "none". */
  classes,
  body: sphereBody,
  /**
   * Degrees that the decoder is told of a random point. Where it stands, the decoder has the angle of a latent as an
   * input.
   */
  sampleAngle: z.number().min(0).max(90).optional(),
});
export type ImageSize = z.infer<typeof imageShape>;
export type SphereNetworkConfig = z.infer<typeof networkShape>;

/** A network and the noise that it was trained with: what config.json holds. */
export const sphereShape = networkShape
  .extend({ noise: z.strictObject({ kind: z.enum(["additive", "rotation"]), maxAngle: z.number().min(0).max(90) }) })
  .superRefine(({ image, body, noise }, context) => {
    if (noise.kind === "additive" && noise.maxAngle === 90)
      context.addIssue({
        code: "custom",
        path: ["noise", "maxAngle"],
        message: "additive noise turns by less than 90",
      });
    if (body.kind === "conv") return;
    requireHeads({ width: body.width, heads: body.heads, multiple: 4 }, context, ["body"]);
    requireActivations({ tokens: (image.height * image.width) / body.patch ** 2, heads: body.heads }, context);
  });
export type SphereShape = z.infer<typeof sphereShape>;

/** Length L of a latent. */
export const latentLength = ({ image, body }: Pick<SphereNetworkConfig, "image" | "body">): number =>
  body.kind === "conv" ? body.latent : (image.height / body.patch) * (image.width / body.patch) * body.channels;
