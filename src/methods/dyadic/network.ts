import type { Architecture } from "../../models/architecture.js";
import { scaling } from "../../networks/scaling.js";
import * as nn from "../../nn/index.js";
import { contextReader, hiddenFrom, positionsOf, tokenTimes } from "./context.js";
import { denoiser } from "./denoiser.js";
import { type DyadicShape, dyadicShape } from "./shape.js";
import { decoder, encoder } from "./tokenizer.js";

/** A DyaDiT model's networks: the tokenizer with its codebooks, what reads the conditions, and the denoiser. */
export function dyadicNetwork(shape: DyadicShape) {
  const { levels, codes, latent } = shape.tokenizer;
  const frames = scaling(shape.features);
  const latents = scaling(latent);
  const encode = encoder(shape);
  const decode = decoder(shape);
  const codebooks = nn.parameter([levels, codes, latent], nn.init.zeros);
  const read = contextReader(shape);
  const positions = positionsOf(tokenTimes(shape).latents, shape.network.width);
  const denoise = denoiser(shape.network, latent, positions, hiddenFrom(shape));
  return nn.module({ frames, latents, encode, decode, codebooks, read, denoise });
}
export type DyadicNetwork = ReturnType<typeof dyadicNetwork>;

export const dyadicArchitecture: Architecture<DyadicShape, DyadicNetwork> = {
  shape: dyadicShape,
  says: ({ fps }) => ({ gesture: { fps }, classes: 0 }),
  network: dyadicNetwork,
};
