import { z } from "zod";
import { FEATURE_TRAINING } from "../../recipes/feature-settings.js";
import { frechetSettings, idleFrechet, noPostTraining, postTrained } from "../../recipes/frechet/settings.js";
import {
  AUTOENCODER_TRAINING,
  autoencoderFor,
  driftStage,
  LATENT_SHAPE,
  latentPresets,
  latentSettings,
} from "../../recipes/latent-settings.js";
import { count, positive, share } from "../../train/settings.js";

/** Everything that defines a drifting image model and its training; `presets` fill it. */
const settings = z.object({
  seed: z.number().int().default(0),
  from: postTrained,
  ...latentSettings,
  drift: latentSettings.drift.extend({
    widths: z
      .enum(["fixed", "annealed", "learned"])
      .default("fixed")
      .describe("temperatures as they are, in latent space wider at first, or a single learned one"),
    negatives: z
      .enum(["own", "independent"])
      .default("own")
      .describe("what repels a sample: the others of its batch, or a second batch, which costs its drawing"),
    latentField: z
      .enum(["softmax", "transport"])
      .default("softmax")
      .describe("field of the latent stage: Algorithm 2's, or Sinkhorn's transport, with independent negatives"),
    shifts: z
      .boolean()
      .default(false)
      .describe("pictures of the joint stage are moved by a pixel, to each corner in turn, before they are compared"),
    fine: z
      .boolean()
      .default(false)
      .describe("the joint stage also compares fine structure: textures, and what comes again every four pixels"),
  }),
  generator: latentSettings.generator.extend({
    pixelNoise: z
      .boolean()
      .optional()
      .describe("the decoder takes noise for every pixel beside the latent vector, which fine structure is made of"),
  }),
  /** Null: no feature network; the autoencoder and the joint stage then look at pixels alone. */
  features: latentSettings.features.nullable(),
  autoencoder: latentSettings.autoencoder.extend({
    /** How its hidden layers start; `kaiming` learns sooner. Default `default`. */
    init: z.enum(["default", "kaiming"]).optional(),
  }),
  /** Generated samples (and positives) per group and step, groups per step at most, schedule. */
  latentStage: driftStage,
  jointStage: driftStage,
  /** Post-training by the Fréchet distance, at a guidance of 1; of no steps: none. */
  frechetStage: frechetSettings.default(noPostTraining),
  /**
   * Guidance as an input: how α is drawn, and how many unconditional real negatives a group sees. Null: no guidance.
   */
  guidance: z.object({ power: positive, max: z.number().gt(1), none: share, unconditional: count }).nullable(),
});
export type DriftingSettings = z.infer<typeof settings>;

/** @see DriftingSettings */
export const driftingSettings = settings.superRefine(
  ({ from, features, autoencoder, frechetStage, drift }, { addIssue }) => {
    if (drift.latentField === "transport" && drift.negatives === "own")
      addIssue({ code: "custom", path: ["drift", "latentField"], message: "it needs independent negatives" });
    if (drift.latentField === "transport" && drift.widths === "learned")
      addIssue({ code: "custom", path: ["drift", "widths"], message: "only a softmax teaches a temperature" });
    if (from !== null && frechetStage.steps === 0)
      addIssue({ code: "custom", path: ["from"], message: "only frechetStage trains it on, which has no steps" });
    for (const name of ["perceptual", "warmSteps"] as const)
      if (features === null && autoencoder[name] > 0)
        addIssue({
          code: "custom",
          path: ["autoencoder", name],
          message: "without a feature network it has no effect, and is 0",
        });
  },
);

/** What guidance is trained with; whether there is any is of the network. */
const GUIDANCE = ["power", "max", "none", "unconditional"].map((name) => `guidance.${name}`);

/**
 * Settings without effect: of stages that there are not, that `from` leaves out, or that are taken from a run that is
 * trained on, as its networks are.
 */
export function idleSettings({ from, frechetStage, drift }: DriftingSettings, continued: boolean): string[] {
  const off = [...idleFrechet(frechetStage), ...(drift.widths === "learned" ? ["drift.temperatures"] : [])];
  if (from === null && !continued) return off;
  const onlyFrechet = frechetStage.steps > 0;
  return [
    ...off,
    ...(continued ? ["from", ...FEATURE_TRAINING, ...LATENT_SHAPE] : []),
    ...[...AUTOENCODER_TRAINING, "autoencoder.init", "latentStage"],
    ...(onlyFrechet
      ? ["jointStage", "drift", ...GUIDANCE]
      : ["drift.latentField", ...(drift.widths === "annealed" ? ["drift.widths"] : [])]),
  ];
}

const { features, autoencoder, generator, jointStage, drift: latentDrift } = latentPresets.tiny;
const drift = {
  ...latentDrift,
  widths: "fixed",
  negatives: "own",
  latentField: "softmax",
  shifts: false,
  fine: false,
} as const;
const tiny = {
  seed: 0,
  from: null,
  features,
  autoencoder,
  generator: { ...generator, pixelNoise: false },
  latentStage: { samples: 128, groups: 10, steps: 350, lr: 1e-3, emaDecay: 0.995 },
  jointStage,
  frechetStage: noPostTraining,
  drift,
  guidance: { power: 3, max: 4, none: 0.5, unconditional: 16 },
} satisfies DriftingSettings;

/**
 * For a web page, where WebAssembly takes three times as long: no feature network, no guidance, and small networks that
 * show something to recognise within two minutes.
 */
const page: DriftingSettings = {
  seed: 0,
  from: null,
  features: null,
  autoencoder: {
    latent: 32,
    encoder: [16, 32],
    hidden: 192,
    decoder: [32, 24, 8],
    init: "kaiming",
    batch: 32,
    warmSteps: 0,
    perceptual: 0,
    latentNoise: 0.05,
    steps: 250,
    lr: 3e-3,
  },
  generator: { hidden: 256, blocks: 2, condition: 64, styles: { count: 0, size: 1 }, pixelNoise: false },
  latentStage: { samples: 48, groups: 10, steps: 400, lr: 2e-3, emaDecay: 0.98 },
  jointStage: { samples: 16, groups: 10, steps: 300, lr: 1e-3, emaDecay: 0.98 },
  frechetStage: noPostTraining,
  drift,
  guidance: null,
};

/** Widths of `page` for colour. */
const PAGE_COLOUR = {
  latent: 48,
  encoder: [24, 48] as [number, number],
  hidden: 256,
  decoder: [48, 32, 12] as [number, number, number],
};

/**
 * Image presets by name: `tiny` takes minutes of two CPU cores, `small` about an hour; `page` is what web pages train.
 */
export const presets = {
  tiny,
  page,
  small: {
    ...tiny,
    ...latentPresets.small,
    generator: { ...latentPresets.small.generator, pixelNoise: false },
    drift,
    latentStage: { ...tiny.latentStage, steps: 800 },
  },
} satisfies Record<string, DriftingSettings>;

/** A preset fitted to a data set: colour images get wider networks and a longer latent vector. */
export const forData = (settings: DriftingSettings, { channels }: { channels: number }): DriftingSettings => ({
  ...settings,
  autoencoder:
    settings.features !== null
      ? autoencoderFor(settings.autoencoder, channels)
      : { ...settings.autoencoder, ...(channels > 1 && PAGE_COLOUR) },
});
