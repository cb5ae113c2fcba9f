import { z } from "zod";
import { FEATURE_TRAINING, featureSettings } from "../../recipes/feature-settings.js";
import { frechetPreset, frechetSettings, idleFrechet } from "../../recipes/frechet/settings.js";
import { count, decay, positive, share, size } from "../../train/settings.js";
import { sphereBody, type VitBody } from "./shape.js";
import { vitSizes } from "./vit.js";

const weight = z.number().nonnegative();

const degrees = z.number().min(0).max(90);
const noPostTraining = { ...frechetPreset, steps: 0 };
const noMatching = {
  weight: 0,
  of: "samples" as const,
  from: 0.5,
  boundary: null,
  samples: 8,
  decay: 0.97,
  meanDecay: 0.6,
};

const settings = z.object({
  seed: z.number().int().default(0),
  from: z
    .string()
    .min(1)
    .nullable()
    .default(null)
    .describe("model (name, folder or URL) of the same shape that only frechetStage trains on; null: a fresh one"),
  network: sphereBody,
  sampleAngle: degrees
    .nullable()
    .default(null)
    .describe(
      "degrees that the decoder is told of a random point; it then has the angle of its latents as an input, and one " +
        "decoder can rebuild sharply at 0° and draw at 85°. null: it is told no angle",
    ),
  noise: z.object({
    kind: z
      .enum(["additive", "rotation"])
      .describe("adding noise and projecting (the paper), or turning by an exact angle (its sequel)"),
    maxAngle: z
      .union([z.literal("auto"), z.number().min(0).max(90)])
      .describe(
        "degrees of the full noise, which refinements add; auto: the capacity angle of the training images and the " +
          "latent length",
      ),
    trainAngle: degrees
      .nullable()
      .default(null)
      .describe("degrees up to which training turns latents, every angle alike (rotation only); null: maxAngle"),
    hardCases: z
      .enum(["intended", "asReleased", "none"])
      .describe("a tenth of the heavy noises goes beyond the angle: as meant, as in the released code, or not at all"),
  }),
  /** Factors of the losses' terms. */
  weights: z.object({
    reconstruction: weight,
    perceptual: weight,
    consistency: weight,
    consistencyPerceptual: weight,
    latent: weight,
    uniformity: weight,
  }),
  perceptual: z
    .enum(["features", "pyramid", "none"])
    .describe("space of the perceptual terms: a feature network trained on the data, an image pyramid, or none"),
  perceptualCrop: z
    .boolean()
    .default(false)
    .describe(
      "whether the feature network sees crops a pixel smaller, drawn anew each step: its strides then " +
        "leave no fine grid in the pictures, at the price of some texture",
    ),
  /** The Fréchet distance to real images, in features and pixels, as a term beside the others; of no weight: none. */
  matching: z
    .object({
      weight: weight.describe("factor of the term"),
      of: z
        .enum(["samples", "reconstructions", "both"])
        .describe(
          "what is compared with real images: what is drawn in one step, what pictures come back as, or each of them",
        ),
      from: share.describe("share of the steps after which it begins"),
      boundary: degrees
        .nullable()
        .describe("degrees above which, from then on, latents are no longer rebuilt; null: all are"),
      samples: z.number().int().min(2).describe("samples of every class in a step"),
      decay: decay.describe("share of the second moments that a step keeps"),
      meanDecay: decay.describe("share of the class means that a step keeps"),
    })
    .default(noMatching),
  /** Post-training of the decoder on what is drawn in one step, by the Fréchet distance alone; of no steps: none. */
  frechetStage: frechetSettings.default(noPostTraining),
  features: featureSettings,
  featuresFrom: z
    .string()
    .min(1)
    .nullable()
    .default(null)
    .describe(
      "folder of a run on the same data (of any image method) whose feature network is taken; null: trained here",
    ),
  training: z.object({
    batch: size,
    steps: count,
    lr: positive,
    warmup: count.describe("steps of linear warm-up; then half a cosine down to a hundredth of lr"),
    encoderLr: z.number().nonnegative().describe("factor on the encoder's learning rate"),
    emaDecay: decay,
    clip: positive.describe("largest norm of the gradients"),
    labelDropout: share.describe("probability with which a call of encoder or decoder does not see the class"),
    flip: z.boolean().describe("whether half of the images are mirrored"),
  }),
});
export type SphereSettings = z.infer<typeof settings>;

/** Everything that defines a Sphere Encoder and its training; `presets` fill it. */
export const sphereSettings = settings.superRefine(({ from, noise, frechetStage }, { addIssue }) => {
  const refuse = (path: string[], message: string) => addIssue({ code: "custom", path, message });
  if (from !== null && frechetStage.steps === 0) refuse(["from"], "only frechetStage trains it on, which has no steps");
  if (noise.trainAngle !== null && noise.kind !== "rotation")
    refuse(["noise", "trainAngle"], "only rotation turns by every angle alike");
  if (reachesAll(noise) && noise.hardCases !== "none")
    refuse(["noise", "hardCases"], "there is nothing beyond 90°, and they are none");
});

/** Whether training turns by every angle there is. */
const reachesAll = ({ kind, maxAngle, trainAngle }: SphereSettings["noise"]): boolean =>
  kind === "rotation" && (trainAngle ?? maxAngle) === 90;

/** Settings of the term that have no effect while it has no weight. */
const MATCHING = Object.keys(noMatching).flatMap((name) => (name === "weight" ? [] : [`matching.${name}`]));

/** Settings without effect: of terms and stages that there are not, that `from` leaves out, or that are not trained on. */
export function idleSettings(config: SphereSettings, continued: boolean): string[] {
  const { perceptual, featuresFrom, from, matching, frechetStage } = config;
  const onlyFrechet = frechetStage.steps > 0 && (from !== null || continued);
  return [
    ...idleFrechet(frechetStage),
    ...(matching.weight === 0 ? MATCHING : []),
    ...(continued ? ["from", "featuresFrom", "network", "sampleAngle"] : []),
    ...(continued || featuresFrom !== null || perceptual !== "features" ? FEATURE_TRAINING : []),
    ...(onlyFrechet
      ? ["training", "weights", "matching", "perceptualCrop", "noise.hardCases", "noise.trainAngle"]
      : []),
  ];
}

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
