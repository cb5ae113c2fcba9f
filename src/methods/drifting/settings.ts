import { z } from "zod";
import { autoencoderFor, driftStage, latentPresets, latentSettings } from "../../recipes/latent-settings.js";
import { count, positive, share } from "../../train/settings.js";

/** Everything that defines a drifting image model and its training; `presets` fill it. */
export const driftingSettings = z.object({
  seed: z.number().int().default(0),
  ...latentSettings,
  /** Generated samples (and positives) per group and step, groups per step at most, schedule. */
  latentStage: driftStage,
  jointStage: driftStage,
  /**
   * Guidance as an input: how α is drawn, and how many unconditional real negatives a group sees. Null: no guidance.
   */
  guidance: z.object({ power: positive, max: z.number().gt(1), none: share, unconditional: count }).nullable(),
});
export type DriftingSettings = z.infer<typeof driftingSettings>;

const { features, autoencoder, generator, jointStage, drift } = latentPresets.tiny;
const tiny: DriftingSettings = {
  seed: 0,
  features,
  autoencoder,
  generator,
  latentStage: { samples: 128, groups: 10, steps: 350, lr: 1e-3, emaDecay: 0.995 },
  jointStage,
  drift,
  guidance: { power: 3, max: 4, none: 0.5, unconditional: 16 },
};

/** Image presets by name: `tiny` takes minutes of two CPU cores, `small` about an hour. */
export const presets = {
  tiny,
  small: { ...tiny, ...latentPresets.small, latentStage: { ...tiny.latentStage, steps: 800 } },
} satisfies Record<string, DriftingSettings>;

/** A preset fitted to a data set: colour images get wider networks and a longer latent vector. */
export const forData = (settings: DriftingSettings, { channels }: { channels: number }): DriftingSettings => ({
  ...settings,
  autoencoder: autoencoderFor(settings.autoencoder, channels),
});
