import { z } from "zod";
import type { Architecture } from "../../models/architecture.js";
import { classes, depth, imageShape, requireActivations, requireHeads, width } from "../../models/shape.js";
import { codecShape, decoder as convDecoder, encoder as convEncoder } from "../../networks/autoencoder.js";
import { latentMlp } from "../../networks/latent-mlp.js";
import * as nn from "../../nn/index.js";
import type { Tensor } from "../../tensor/index.js";
import { vitDecoder, vitEncoder } from "./vit.js";

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
});
type ImageSize = z.infer<typeof imageShape>;
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

/** Which classes: indices [B] int32, or weights [B, classes + 1] float32 that mix class vectors (interpolation). */
export type Classes = Tensor;
export type SphereCoder = nn.Parameterized & ((x: Tensor, labels: Classes) => Tensor);

/** A network with its own table of class vectors, one row more than classes. */
function conditioned(
  classes: number,
  width: number,
  deviation: number,
  net: nn.Parameterized & ((x: Tensor, condition: Tensor) => Tensor),
): SphereCoder {
  const table = nn.embedding(classes + 1, width, { init: nn.init.normal(deviation) });
  return nn.module({ classes: table, net }, (x: Tensor, labels: Classes) =>
    net(x, labels.dtype === "int32" ? table(labels) : labels.matmul(table.weight)),
  );
}

function convCoders({ image, classes, body }: { image: ImageSize; classes: number; body: ConvBody }) {
  const { latent, trunk, encoderBlocks, decoderBlocks, condition } = body;
  const sizes = { ...image, latent, encoder: body.encoder, hidden: body.hidden, decoder: body.decoder };
  const mlp = (blocks: number) => latentMlp({ latent, hidden: trunk, blocks, condition });
  const through = (trunk: ReturnType<typeof mlp>, x: Tensor, c: Tensor) => x.add(trunk(x.unsqueeze(1), c).squeeze(1));
  const [before, after] = [mlp(encoderBlocks), mlp(decoderBlocks)];
  const [encode, decode] = [convEncoder(sizes), convDecoder(sizes)];
  const coder = (net: nn.Parameterized & ((x: Tensor, c: Tensor) => Tensor)) =>
    conditioned(classes, condition, 0.5, net);
  return {
    encode: coder(nn.module({ conv: encode, trunk: before }, (x: Tensor, c: Tensor) => through(before, encode(x), c))),
    decode: coder(nn.module({ trunk: after, conv: decode }, (v: Tensor, c: Tensor) => decode(through(after, v, c)))),
  };
}

function vitCoders({ image, classes, body }: { image: ImageSize; classes: number; body: VitBody }) {
  const config = { ...body, image, conditional: classes > 0 };
  const [encode, decode] = [vitEncoder(config), vitDecoder(config)];
  if (classes > 0)
    return {
      encode: conditioned(classes, body.width, 0.02, encode),
      decode: conditioned(classes, body.width, 0.02, decode),
    };
  return {
    encode: nn.module({ net: encode }, (x: Tensor, _: Classes) => encode(x, null)) as SphereCoder,
    decode: nn.module({ net: decode }, (v: Tensor, _: Classes) => decode(v, null)) as SphereCoder,
  };
}

/**
 * Encoder and decoder, each with its own class vectors: `encode` takes images [B, C, H, W] in [−1, 1] to raw latents [B, L] (the caller
 * projects them), `decode` latents on the sphere to images.
 */
export function sphereNetwork({ image, classes, body }: SphereNetworkConfig) {
  const coders = body.kind === "conv" ? convCoders({ image, classes, body }) : vitCoders({ image, classes, body });
  return nn.module(coders);
}
export type SphereNetwork = ReturnType<typeof sphereNetwork>;

export const sphereArchitecture: Architecture<SphereShape, SphereNetwork> = {
  shape: sphereShape,
  says: ({ image, classes }) => ({ image, classes }),
  network: sphereNetwork,
};
