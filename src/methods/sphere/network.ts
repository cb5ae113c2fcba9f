import type { Architecture } from "../../models/architecture.js";
import { decoder as convDecoder, encoder as convEncoder } from "../../networks/autoencoder.js";
import { latentMlp } from "../../networks/latent-mlp.js";
import * as nn from "../../nn/index.js";
import type { Tensor } from "../../tensor/index.js";
import {
  type ConvBody,
  type ImageSize,
  type SphereNetworkConfig,
  type SphereShape,
  sphereShape,
  type VitBody,
} from "./shape.js";
import { vitDecoder, vitEncoder } from "./vit.js";

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
 * Encoder and decoder, each with its own class vectors: `encode` takes images [B, C, H, W] in [−1, 1] to raw latents
 * [B, L] (the caller projects them), `decode` latents on the sphere to images.
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
