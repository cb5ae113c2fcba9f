import { z } from "zod";
import { count, decay, positive, size } from "../train/settings.js";
import { featureSettings } from "./feature-settings.js";

/** A drift is between samples: one alone has none. */
const samples = z.number().int().min(2);
const schedule = { steps: count, lr: positive };

/** Generated samples (and positives) per group and step, groups per step at most, schedule. */
export const driftStage = z.object({ samples, groups: size, emaDecay: decay, ...schedule });

/** Settings of the parts that recipes in an autoencoder's latent space share. */
export const latentSettings = {
  features: featureSettings,
  autoencoder: z.object({
    latent: size,
    encoder: z.tuple([size, size]),
    hidden: size,
    decoder: z.tuple([size, size, size]),
    batch: size,
    warmSteps: count.describe("steps before the feature term joins the loss"),
    perceptual: z.number().nonnegative().describe("weight of the feature term"),
    latentNoise: z.number().nonnegative().describe("deviation of the noise on latent vectors in training"),
    ...schedule,
  }),
  generator: z.object({
    hidden: size,
    blocks: count,
    condition: size,
    styles: z.object({ count, size }),
  }),
  drift: z.object({ temperatures: z.array(positive).min(1), floor: positive }),
};
/** Settings of the autoencoder's training alone: where it is taken from elsewhere they have no effect. */
export const AUTOENCODER_TRAINING = ["batch", "warmSteps", "perceptual", "latentNoise", "steps", "lr"].map(
  (name) => `autoencoder.${name}`,
);
/** What the weights of a latent generator and of its autoencoder are shaped by, and the features that they were trained by. */
export const LATENT_SHAPE = [
  ...["latent", "encoder", "hidden", "decoder"].map((name) => `autoencoder.${name}`),
  ...["generator", "features"],
];
type Autoencoder = z.infer<typeof latentSettings.autoencoder>;

const tiny = {
  features: { task: "classifier", width: 24, blocks: [1, 1, 1], stemStride: 2, batch: 256, steps: 450, lr: 2e-3 },
  autoencoder: {
    latent: 32,
    encoder: [24, 48],
    hidden: 256,
    decoder: [48, 32, 10],
    batch: 128,
    steps: 900,
    warmSteps: 150,
    perceptual: 0.1,
    latentNoise: 0.05,
    lr: 2e-3,
  },
  generator: { hidden: 512, blocks: 3, condition: 128, styles: { count: 4, size: 16 } },
  jointStage: { samples: 64, groups: 10, steps: 130, lr: 5e-4, emaDecay: 0.99 },
  drift: { temperatures: [0.02, 0.05, 0.2], floor: 1e-12 },
} satisfies Presets;
type Presets = { [K in keyof typeof latentSettings]: z.infer<(typeof latentSettings)[K]> } & {
  jointStage: z.infer<typeof driftStage>;
};

/** Presets of these parts. */
export const latentPresets: Record<"tiny" | "small", Presets> = {
  tiny,
  small: {
    ...tiny,
    features: { ...tiny.features, steps: 1000 },
    autoencoder: { ...tiny.autoencoder, steps: 2400, warmSteps: 300 },
    jointStage: { ...tiny.jointStage, steps: 1700, emaDecay: 0.998 },
  },
};

/** An autoencoder fitted to the images: colour gets wider networks and a longer latent vector. */
export const autoencoderFor = (settings: Autoencoder, channels: number): Autoencoder =>
  channels === 1 ? settings : { ...settings, latent: 64, encoder: [32, 64], hidden: 384, decoder: [64, 48, 16] };
