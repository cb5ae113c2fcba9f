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
import { type VitConfig, vitDecoder, vitEncoder } from "./vit.js";

/** Which classes: indices [B] int32, or weights [B, classes + 1] float32 that mix class vectors (interpolation). */
export type Classes = Tensor;
export type SphereCoder = nn.Parameterized & ((x: Tensor, labels: Classes, angle?: Tensor) => Tensor);

type Conditional = nn.Parameterized & ((x: Tensor, condition: Tensor) => Tensor);

/** Angles [B] in degrees to vectors [B, width]: 64 cosines and sines through an MLP. */
function angleNet(width: number) {
  const mlp = nn.sequential(nn.linear(64, width), nn.silu, nn.linear(width, width));
  return nn.module({ mlp }, (angle: Tensor) => mlp(nn.sinusoidal(angle.div(90), 64, { scale: 30 })));
}

/**
 * A network with its own table of class vectors, one row more than classes. One that `takesAngle` adds a vector of the
 * latent's angle, of which the others know nothing.
 */
function conditioned(
  { classes, width, deviation }: { classes: number; width: number; deviation: number },
  net: Conditional,
  takesAngle = false,
): SphereCoder {
  const table = nn.embedding(classes + 1, width, { init: nn.init.normal(deviation) });
  const turned = takesAngle ? angleNet(width) : null;
  return nn.module({ classes: table, angle: turned, net }, (x: Tensor, labels: Classes, angle?: Tensor) => {
    const kind = labels.dtype === "int32" ? table(labels) : labels.matmul(table.weight);
    if (!turned) return net(x, kind);
    if (!angle) throw new Error("This decoder is told the angle of its latents [B], in degrees.");
    return net(x, kind.add(turned(angle)));
  });
}

/** Parts of a network's description that its coders are made of. */
interface Coded<Body> {
  image: ImageSize;
  classes: number;
  body: Body;
  takesAngle: boolean;
}

function convCoders({ image, classes, body, takesAngle }: Coded<ConvBody>) {
  const { latent, trunk, encoderBlocks, decoderBlocks, condition } = body;
  const sizes = { ...image, latent, encoder: body.encoder, hidden: body.hidden, decoder: body.decoder };
  const mlp = (blocks: number) => latentMlp({ latent, hidden: trunk, blocks, condition });
  const through = (trunk: ReturnType<typeof mlp>, x: Tensor, c: Tensor) => x.add(trunk(x.unsqueeze(1), c).squeeze(1));
  const [before, after] = [mlp(encoderBlocks), mlp(decoderBlocks)];
  const [encode, decode] = [convEncoder(sizes), convDecoder(sizes)];
  const vectors = { classes, width: condition, deviation: 0.5 };
  const into = nn.module({ conv: encode, trunk: before }, (x: Tensor, c: Tensor) => through(before, encode(x), c));
  const out = nn.module({ trunk: after, conv: decode }, (v: Tensor, c: Tensor) => decode(through(after, v, c)));
  return { encode: conditioned(vectors, into), decode: conditioned(vectors, out, takesAngle) };
}

type VitNet = nn.Parameterized & ((x: Tensor, condition: Tensor | null) => Tensor);

function vitCoders({ image, classes, body, takesAngle }: Coded<VitBody>) {
  const coder = (make: (config: VitConfig) => VitNet, takesAngle: boolean): SphereCoder => {
    const conditional = classes > 0 || takesAngle;
    const net = make({ ...body, image, conditional });
    if (conditional) return conditioned({ classes, width: body.width, deviation: 0.02 }, net, takesAngle);
    return nn.module({ net }, (x: Tensor, _: Classes) => net(x, null));
  };
  return { encode: coder(vitEncoder, false), decode: coder(vitDecoder, takesAngle) };
}

/**
 * Encoder and decoder, each with its own class vectors: `encode` takes images [B, C, H, W] in [−1, 1] to raw latents
 * [B, L] (the caller projects them), `decode` latents on the sphere to images. A decoder that has a `sampleAngle` is told
 * the angles [B] (degrees) by which noise has turned the latents.
 */
export function sphereNetwork({ image, classes, body, sampleAngle }: SphereNetworkConfig) {
  const parts = { image, classes, takesAngle: sampleAngle !== undefined };
  const coders = body.kind === "conv" ? convCoders({ ...parts, body }) : vitCoders({ ...parts, body });
  return nn.module(coders);
}
export type SphereNetwork = ReturnType<typeof sphereNetwork>;

export const sphereArchitecture: Architecture<SphereShape, SphereNetwork> = {
  shape: sphereShape,
  says: ({ image, classes }) => ({ image, classes }),
  network: sphereNetwork,
};
