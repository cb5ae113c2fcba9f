import { z } from "zod";
import { autoencoderFor, driftStage, latentPresets, latentSettings } from "../../recipes/latent-settings.js";
import { count, decay, positive, share, size } from "../../train/settings.js";

const { features, autoencoder, generator, drift } = latentSettings;

/** A flow-matching image model and its training. Networks and stages are those of drifting wherever both have them. */
export const flowSettings = z.object({
  seed: z.number().int().default(0),
  space: z
    .enum(["pixel", "latent", "joint"])
    .describe(
      "where the flow lives: on pixels; in the autoencoder's latent space; there with a decoder tuned on " +
        "the flow's own samples",
    ),
  autoencoderFrom: z
    .string()
    .min(1)
    .nullable()
    .default(null)
    .describe(
      "folder of a run on the same data (of drifting or of flow) whose feature network and autoencoder are " +
        "taken; null: trained here",
    ),
  features,
  autoencoder,
  generator: generator.omit({ styles: true }),
  flow: z.object({
    batch: size,
    steps: count,
    lr: positive,
    emaDecay: decay,
    labelDropout: share.describe("share of training samples that lose their class, for guidance"),
  }),
  jointStage: driftStage
    .extend({ samplerSteps: size })
    .describe(
      "tuning of the decoder (joint only): as drifting's joint stage, on latent vectors drawn with " +
        "samplerSteps Euler steps",
    ),
  drift,
});
export type FlowSettings = z.infer<typeof flowSettings>;

const { tiny: t, small: s } = latentPresets;
const flow = { batch: 256, steps: 1500, lr: 1e-3, emaDecay: 0.998, labelDropout: 0.1 };
const { styles: _, ...body } = t.generator;
const tiny: FlowSettings = {
  seed: 0,
  space: "pixel",
  autoencoderFrom: null,
  features: t.features,
  autoencoder: t.autoencoder,
  generator: body,
  flow,
  jointStage: { ...t.jointStage, samplerSteps: 8 },
  drift: t.drift,
};

const small: FlowSettings = {
  ...tiny,
  features: s.features,
  autoencoder: s.autoencoder,
  flow: { ...flow, steps: 12000 },
  jointStage: { ...s.jointStage, samplerSteps: 8 },
};

/** The preset in another space; latent vectors are small, so that a step takes twice the samples. */
const inSpace = (preset: FlowSettings, space: "latent" | "joint"): FlowSettings => ({
  ...preset,
  space,
  flow: { ...preset.flow, batch: 512 },
});

/** `tiny` takes minutes of two CPU cores, `small` about half an hour; on pixels where no space is named. */
export const presets = {
  tiny,
  small,
  "tiny-latent": inSpace(tiny, "latent"),
  "tiny-joint": inSpace(tiny, "joint"),
  "small-latent": inSpace(small, "latent"),
  "small-joint": inSpace(small, "joint"),
} satisfies Record<string, FlowSettings>;

/** A preset fitted to a data set. */
export const forData = (settings: FlowSettings, { channels }: { channels: number }): FlowSettings => ({
  ...settings,
  autoencoder: autoencoderFor(settings.autoencoder, channels),
});
