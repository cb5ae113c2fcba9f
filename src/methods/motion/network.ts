import type { Architecture } from "../../models/architecture.js";
import { scaling } from "../../networks/scaling.js";
import * as nn from "../../nn/index.js";
import { type MotionShape, motionShape } from "./shape.js";
import { captionReader } from "./text.js";
import { transformer } from "./transformer.js";
import { decoder, encoder } from "./vae.js";

/** A motion model's networks: the codec, the captions' encoder and the denoiser, with the scales of frames and tokens. */
export function motionNetwork(shape: MotionShape) {
  const frames = scaling(shape.features);
  const tokens = scaling(shape.codec.latent);
  const encode = encoder(shape);
  const decode = decoder(shape);
  const text = captionReader(shape.text);
  const denoise = transformer(shape);
  return nn.module({ frames, tokens, encode, decode, text, denoise });
}
export type MotionNetwork = ReturnType<typeof motionNetwork>;

export const motionArchitecture: Architecture<MotionShape, MotionNetwork> = {
  shape: motionShape,
  says: ({ fps }) => ({ motion: { fps }, classes: 0 }),
  network: motionNetwork,
};
