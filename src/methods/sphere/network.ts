import * as nn from "../../nn/index.js";
import type { Tensor } from "../../tensor/index.js";
import { type AutoencoderConfig, decoder as convDecoder, encoder as convEncoder } from "../shared/autoencoder.js";
import { latentMlp } from "../shared/latent-mlp.js";

/** A small convolutional autoencoder with conditioned residual MLPs on both sides of its latent vector; for CPUs. */
export interface ConvNetworkConfig extends AutoencoderConfig {
  kind: "conv";
  /** Width of the residual MLPs, and how many blocks each side has. */
  trunk: number;
  encoderBlocks: number;
  decoderBlocks: number;
  /** Width of the class vectors. */
  condition: number;
}

export type SphereNetworkConfig = ConvNetworkConfig & {
  /** 0: unconditional. The class after the last is "none". */
  classes: number;
};

/** Which classes: indices [B] int32, or weights [B, classes + 1] float32 that mix class vectors (interpolation). */
export type Classes = Tensor;

/** A network with its own table of class vectors, one row more than classes. */
function conditioned<F extends (x: Tensor, condition: Tensor) => Tensor>(
  classes: number,
  width: number,
  net: F & nn.Parameterized,
) {
  const table = nn.embedding(classes + 1, width, { init: nn.init.normal(0.5) });
  return nn.module({ classes: table, net }, (x: Tensor, labels: Classes) =>
    net(x, labels.dtype === "int32" ? table(labels) : labels.matmul(table.weight)),
  );
}

function convPair({ trunk, encoderBlocks, decoderBlocks, condition, ...images }: ConvNetworkConfig) {
  const { latent } = images;
  const body = (blocks: number) => latentMlp({ latent, hidden: trunk, blocks, condition });
  const mixed = (mlp: ReturnType<typeof body>, x: Tensor, c: Tensor) => x.add(mlp(x.unsqueeze(1), c).squeeze(1));
  const [convs, trunks] = [
    { encode: convEncoder(images), decode: convDecoder(images) },
    { encode: body(encoderBlocks), decode: body(decoderBlocks) },
  ];
  return {
    encoder: nn.module({ conv: convs.encode, trunk: trunks.encode }, (x: Tensor, c: Tensor) =>
      mixed(trunks.encode, convs.encode(x), c),
    ),
    decoder: nn.module({ trunk: trunks.decode, conv: convs.decode }, (v: Tensor, c: Tensor) =>
      convs.decode(mixed(trunks.decode, v, c)),
    ),
  };
}

/**
 * Encoder and decoder, each with its own class vectors: `encode` takes images [B, C, H, W] in [−1, 1] to raw latents [B, L] (the caller
 * projects them), `decode` latents on the sphere to images.
 */
export function sphereNetwork(config: SphereNetworkConfig) {
  const { encoder, decoder } = convPair(config);
  const encode = conditioned(config.classes, config.condition, encoder);
  const decode = conditioned(config.classes, config.condition, decoder);
  return nn.module({ encode, decode }, () => {});
}
export type SphereNetwork = ReturnType<typeof sphereNetwork>;
