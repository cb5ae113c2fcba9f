import { z } from "zod";
import { featureSettings } from "../../recipes/features.js";
import { count, decay, positive, share, size } from "../../train/settings.js";

/** A drift is between samples: one alone has none. */
const samples = z.number().int().min(2);
const schedule = { steps: count, lr: positive };

/** Everything that defines a drifting image model and its training; `presets` fill it. */
export const driftingSettings = z.object({
  seed: z.number().int().default(0),
  features: featureSettings,
  autoencoder: z.object({
    latent: size,
    encoder: z.tuple([size, size]),
    hidden: size,
    decoder: z.tuple([size, size, size]),
    batch: size,
    /** Steps before the feature term joins the loss. */
    warmSteps: count,
    /** Weight of the feature term. */
    perceptual: z.number().nonnegative(),
    /** Deviation of the noise on latent vectors in training. */
    latentNoise: z.number().nonnegative(),
    ...schedule,
  }),
  generator: z.object({
    hidden: size,
    blocks: count,
    condition: size,
    styles: z.object({ count, size }),
  }),
  /** Generated samples (and positives) per group and step, groups per step at most, schedule. */
  latentStage: z.object({ samples, groups: size, emaDecay: decay, ...schedule }),
  jointStage: z.object({ samples, groups: size, emaDecay: decay, ...schedule }),
  drift: z.object({ temperatures: z.array(positive).min(1), floor: positive }),
  /** Guidance as an input: how α is drawn, and how many unconditional real negatives a group sees. Null: no guidance. */
  guidance: z.object({ power: positive, max: z.number().gt(1), none: share, unconditional: count }).nullable(),
});
export type DriftingSettings = z.infer<typeof driftingSettings>;

const tiny: DriftingSettings = {
  seed: 0,
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
  latentStage: { samples: 128, groups: 10, steps: 350, lr: 1e-3, emaDecay: 0.995 },
  jointStage: { samples: 64, groups: 10, steps: 130, lr: 5e-4, emaDecay: 0.99 },
  drift: { temperatures: [0.02, 0.05, 0.2], floor: 1e-12 },
  guidance: { power: 3, max: 4, none: 0.5, unconditional: 16 },
};

/** Image presets by name: `tiny` takes minutes of two CPU cores, `small` about an hour. */
export const presets = {
  tiny,
  small: {
    ...tiny,
    features: { ...tiny.features, steps: 1000 },
    autoencoder: { ...tiny.autoencoder, steps: 2400, warmSteps: 300 },
    latentStage: { ...tiny.latentStage, steps: 800 },
    jointStage: { ...tiny.jointStage, steps: 1700, emaDecay: 0.998 },
  },
} satisfies Record<string, DriftingSettings>;
export type PresetName = keyof typeof presets;

/** A preset fitted to a data set: colour images get wider networks and a longer latent vector. */
export function forData(config: DriftingSettings, { channels }: { channels: number }): DriftingSettings {
  if (channels === 1) return config;
  return {
    ...config,
    autoencoder: { ...config.autoencoder, latent: 64, encoder: [32, 64], hidden: 384, decoder: [64, 48, 16] },
  };
}
