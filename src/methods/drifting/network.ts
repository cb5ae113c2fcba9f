import type { Architecture } from "../../models/architecture.js";
import { decoder } from "../../networks/autoencoder.js";
import { latentMlp } from "../../networks/latent-mlp.js";
import * as nn from "../../nn/index.js";
import type { Tensor } from "../../tensor/index.js";
import { type GeneratorShape, generatorShape, noiseLength } from "./shape.js";

/** Inputs of a generator for B groups of G samples that share label and guidance. */
export interface GeneratorInputs {
  /** Gaussian noise [B, G, latent], for images [B, G, `noiseLength`]. */
  noise: Tensor;
  /** [B] int32; absent for unconditional generators. */
  label?: Tensor;
  /** Guidance strength α [B], 1 … 4. */
  guidance?: Tensor;
  /** Style indices [B, G, count] int32, already offset into one table: token k of value v is row k·size + v. */
  style?: Tensor;
}

/** Condition vector [B, condition] from the label and the guidance strength. */
function conditionNet({ classes, condition, guidance }: GeneratorShape) {
  const label = nn.embedding(Math.max(classes, 1), condition, { init: nn.init.normal(0.5) });
  const strength = guidance ? nn.sequential(nn.linear(64, condition), nn.silu, nn.linear(condition, condition)) : null;
  return nn.module({ label, ...(strength ? { strength } : {}) }, (inputs: GeneratorInputs) => {
    const groups = inputs.noise.shape[0];
    const base = inputs.label ? label(inputs.label) : label.weight.broadcastTo([groups, condition]);
    return strength && inputs.guidance ? base.add(strength(nn.sinusoidal(inputs.guidance, 64))) : base;
  });
}

/** One-step generator of standardised latent vectors: noise to [B, G, latent]. */
export function latentGenerator(config: GeneratorShape) {
  const { hidden, blocks, condition, styles } = config;
  const { latent } = config.autoencoder;
  const conditioning = conditionNet(config);
  const style =
    styles.count > 0 ? nn.embedding(styles.count * styles.size, hidden, { init: nn.init.normal(0.02) }) : null;
  const mlp = latentMlp({ latent, hidden, blocks, condition });
  return nn.module({ conditioning, mlp, ...(style ? { style } : {}) }, (inputs: GeneratorInputs) => {
    const extra = style && inputs.style ? style(inputs.style).sum(2) : undefined;
    return mlp(inputs.noise, conditioning(inputs), extra);
  });
}

/**
 * One-step generator of images [B·G, C, H, W]: latent generator, affine map back to the autoencoder's scale, decoder,
 * whose hidden layers start as `decoderInit` says.
 */
export function imageGenerator(config: GeneratorShape, decoderInit?: nn.WeightInit) {
  const { latent } = config.autoencoder;
  const generator = latentGenerator(config);
  const scale = nn.parameter([latent], nn.init.ones);
  const shift = nn.parameter([latent], nn.init.zeros);
  const decode = decoder(config.autoencoder, decoderInit, config.pixelNoise);
  const length = noiseLength(config);
  return nn.module({ generator, scale, shift, decode }, ({ noise, ...inputs }: GeneratorInputs) => {
    const latents = generator({ ...inputs, noise: noise.slice(2, 0, latent) }).reshape([-1, latent]);
    const maps = config.pixelNoise && noise.reshape([-1, length]).slice(1, latent, length);
    return decode(latents.mul(scale).add(shift), maps);
  });
}
export type ImageGenerator = ReturnType<typeof imageGenerator>;

export const generatorArchitecture: Architecture<GeneratorShape, ImageGenerator> = {
  shape: generatorShape,
  says: ({ autoencoder: { height, width, channels }, classes }) => ({ image: { height, width, channels }, classes }),
  network: imageGenerator,
};
