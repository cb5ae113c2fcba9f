import { noPostTraining } from "../../recipes/frechet/settings.js";
import { noMatching, type SphereSettings } from "./settings.js";
import type { VitBody } from "./shape.js";
import { vitSizes } from "./vit.js";

const tiny: SphereSettings = {
  seed: 0,
  from: null,
  network: {
    kind: "conv",
    latent: 128,
    encoder: [24, 48],
    hidden: 256,
    decoder: [48, 32, 10],
    trunk: 384,
    encoderBlocks: 2,
    decoderBlocks: 3,
    condition: 128,
  },
  sampleAngle: null,
  noise: { kind: "additive", maxAngle: "auto", trainAngle: null, hardCases: "intended" },
  weights: {
    reconstruction: 25,
    perceptual: 1.5,
    consistency: 12.5,
    consistencyPerceptual: 0.75,
    latent: 1,
    uniformity: 0.5,
  },
  perceptual: "features",
  perceptualCrop: false,
  matching: noMatching,
  frechetStage: noPostTraining,
  features: { task: "classifier", width: 24, blocks: [1, 1, 1], stemStride: 2, batch: 256, steps: 450, lr: 2e-3 },
  featuresFrom: null,
  training: {
    batch: 64,
    steps: 1500,
    lr: 2e-3,
    warmup: 50,
    encoderLr: 1,
    emaDecay: 0.998,
    clip: 2,
    labelDropout: 0.1,
    flip: false,
  },
};

const small: SphereSettings = {
  ...tiny,
  features: { ...tiny.features, steps: 1000 },
  training: { ...tiny.training, steps: 10_000, emaDecay: 0.999 },
};

/**
 * The decoder is told the angle, all angles are trained, and from three fifths of the steps on both what is drawn in one
 * step and what pictures come back as are matched to real images. A step then costs more than twice as much.
 */
const angle: SphereSettings = {
  ...small,
  sampleAngle: 85,
  noise: { kind: "rotation", maxAngle: "auto", trainAngle: 90, hardCases: "none" },
  matching: { ...noMatching, weight: 0.01, of: "both", from: 0.6 },
  training: { ...small.training, steps: 4500 },
};

/** Transformers; patches of so many pixels, latent channels of a token, and an MLP-mixer depth. */
const vit = (
  patch: number,
  channels: number,
  size: Pick<VitBody, "width" | "layers" | "heads">,
  options: Partial<VitBody> = {},
): SphereSettings["network"] => ({
  kind: "vit",
  patch,
  channels,
  ...size,
  mixer: 2,
  head: "conv",
  encoderHead: "xavier",
  tokenNorm: true,
  ...options,
});

/**
 * The paper's hyper-parameters: the learning rate is that of a batch of 256, mirrored pictures, the encoder at a tenth.
 */
const paper = (
  network: SphereSettings["network"],
  maxAngle: number,
  weights: SphereSettings["weights"],
): SphereSettings => ({
  ...small,
  network,
  noise: { kind: "additive", maxAngle, trainAngle: null, hardCases: "intended" },
  weights,
  training: {
    batch: 256,
    steps: 400_000,
    lr: 1e-4,
    warmup: 2000,
    encoderLr: 0.1,
    emaDecay: 0.9997,
    clip: 1,
    labelDropout: 0.1,
    flip: true,
  },
});
const cifarWeights = {
  reconstruction: 1,
  perceptual: 1,
  consistency: 0.5,
  consistencyPerceptual: 0.5,
  latent: 0.1,
  uniformity: 0,
};
const largeWeights = { ...cifarWeights, reconstruction: 50, consistency: 25, consistencyPerceptual: 1 };
const at256 = { mixer: 4, head: "linear" } as const;

/**
 * Image presets by name. `tiny` takes minutes of two CPU cores, `small` and `angle` about half an hour; they are
 * convolutional.
 * `vit-*` are transformers for a GPU, from 28×28 to 64×64, and `paper-*` the published sizes: at 32×32 (small, base)
 * and 256×256 (large, xlarge).
 */
export const presets = {
  tiny,
  small,
  angle,
  "vit-28-pico": { ...small, network: vit(4, 4, { width: 64, layers: 3, heads: 4 }, { mixer: 1 }) },
  "vit-32-nano": { ...small, network: vit(4, 16, { width: 192, layers: 6, heads: 6 }) },
  "vit-64": { ...small, network: vit(4, 16, { width: 384, layers: 8, heads: 8 }) },
  "paper-small": paper(vit(2, 8, vitSizes.small), 80, cifarWeights),
  "paper-base": paper(vit(2, 8, vitSizes.base), 80, cifarWeights),
  "paper-large": paper(vit(8, 64, vitSizes.large, at256), 85, largeWeights),
  "paper-xlarge": paper(vit(8, 64, vitSizes.xlarge, at256), 85, largeWeights),
} satisfies Record<string, SphereSettings>;

/** A preset fitted to a data set: colour images get wider networks, a longer latent vector and cropped features. */
export function forData(config: SphereSettings, { channels }: { channels: number }): SphereSettings {
  if (channels === 1 || config.network.kind !== "conv") return config;
  return {
    ...config,
    perceptualCrop: true,
    network: { ...config.network, latent: 256, encoder: [32, 64], hidden: 352, decoder: [64, 48, 16] },
  };
}

/**
 * The plain spherical autoencoder, the baseline: the same network and reconstruction, without noise, consistency and
 * latent loss.
 */
export const withoutNoise = (config: SphereSettings): SphereSettings => ({
  ...config,
  noise: { ...config.noise, maxAngle: 0, trainAngle: null, hardCases: "none" },
  weights: { ...config.weights, consistency: 0, consistencyPerceptual: 0, latent: 0, uniformity: 0 },
});
