import { z } from "zod";
import { FEATURE_TRAINING } from "../../recipes/feature-settings.js";
import { frechetSettings, idleFrechet, noPostTraining } from "../../recipes/frechet/settings.js";
import {
  AUTOENCODER_TRAINING,
  autoencoderFor,
  driftStage,
  LATENT_SHAPE,
  latentPresets,
  latentSettings,
} from "../../recipes/latent-settings.js";
import { count, decay, positive, share, size } from "../../train/settings.js";
import { jumpLevels } from "./shape.js";

const { features, autoencoder, generator, drift } = latentSettings;

/** A share that leaves others. */
const plain = z.number().min(0).lt(1).describe("share of a batch that learns the velocity itself");

/** What the field is trained by. All but `flow` make models of one step or few. */
const objective = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("flow") }),
  z
    .strictObject({
      kind: z.literal("alpha-flow"),
      alpha: positive
        .max(1)
        .describe("share of a way that the data give, the field's own being the rest; 1: all of it"),
      anneal: share.describe("share of the steps in which alpha falls to that from 1"),
      plain,
    })
    .refine(({ alpha, anneal }) => alpha < 1 || anneal === 0, {
      path: ["anneal"],
      message: "an alpha of 1 does not fall; it is 0 then",
    }),
  z.strictObject({
    kind: z.literal("shortcut"),
    levels: jumpLevels.describe("the longest jump is the whole way, each next one half as long"),
    plain,
  }),
  z
    .strictObject({
      kind: z.literal("consistency"),
      base: z.number().gt(1).describe("the noise of two states that are made consistent differs by n(σ)/base^k"),
      first: count.describe("k at the beginning; 0 learns from the data alone"),
      last: count.describe("k at the end"),
    })
    .refine(({ first, last }) => first <= last, { path: ["last"], message: "must not be below first" }),
]);
export type ObjectiveName = z.infer<typeof objective>["kind"];
export type ObjectiveSettings<K extends ObjectiveName = ObjectiveName> = Extract<
  z.infer<typeof objective>,
  { kind: K }
>;

const settings = z.object({
  seed: z.number().int().default(0),
  from: z
    .string()
    .min(1)
    .nullable()
    .default(null)
    .describe("model of a flow on pixels (name, folder or URL) that the field begins with; null: a fresh one"),
  objective: objective.default({ kind: "flow" }),
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
      "folder of a run on the same data (of drifting or of flow) whose feature network and, but for flows on pixels, " +
        "autoencoder are taken; null: trained here",
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
  /** Post-training of what is drawn in one step by the Fréchet distance, without guidance; of no steps: none. */
  frechetStage: frechetSettings.default(noPostTraining),
  drift,
});
export type FlowSettings = z.infer<typeof settings>;

/** A flow-matching image model and its training. Networks and stages are those of drifting wherever both have them. */
export const flowSettings = settings.superRefine(
  ({ space, from, objective, autoencoderFrom, frechetStage }, { addIssue }) => {
    const refuse = (name: keyof FlowSettings, message: string) => addIssue({ code: "custom", path: [name], message });
    if (from !== null && space !== "pixel")
      refuse("from", "a model's file has no encoder, so that only flows on pixels begin with one");
    if (frechetStage.steps > 0 && objective.kind === "flow")
      refuse("frechetStage", "it is for models of one step; choose another objective");
    if (autoencoderFrom !== null && space === "pixel" && frechetStage.steps === 0)
      refuse("autoencoderFrom", "a flow on pixels has neither autoencoder nor, without frechetStage, features");
  },
);

/** Settings without effect: of stages that there are not, whose networks come from elsewhere, or that are not trained on. */
export function idleSettings({ space, autoencoderFrom, frechetStage }: FlowSettings, continued: boolean): string[] {
  const posted = frechetStage.steps > 0;
  const joint = space === "joint";
  const taken = continued || autoencoderFrom !== null;
  return [
    ...idleFrechet(frechetStage),
    ...(continued ? ["from", "autoencoderFrom", "space", ...LATENT_SHAPE] : []),
    ...(taken || (space === "pixel" && !posted) ? FEATURE_TRAINING : []),
    ...(taken || space === "pixel" ? AUTOENCODER_TRAINING : []),
    ...(continued && (joint || posted) ? ["flow"] : []),
    ...(!joint || (continued && posted) ? ["jointStage", "drift"] : []),
  ];
}

const { tiny: t, small: s } = latentPresets;
const flow = { batch: 256, steps: 1500, lr: 1e-3, emaDecay: 0.998, labelDropout: 0.1 };
const { styles: _, ...body } = t.generator;
const tiny: FlowSettings = {
  seed: 0,
  from: null,
  objective: { kind: "flow" },
  space: "pixel",
  autoencoderFrom: null,
  features: t.features,
  autoencoder: t.autoencoder,
  generator: body,
  flow,
  jointStage: { ...t.jointStage, samplerSteps: 8 },
  frechetStage: noPostTraining,
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

/** Of few steps, best begun with a trained flow (`from`): as many steps of training as bring it there in minutes. */
const fewStep = (objective: ObjectiveSettings): FlowSettings => ({
  ...small,
  objective,
  flow: { ...flow, lr: 3e-4 },
});

/** `tiny` takes minutes of two CPU cores, `small` about half an hour; on pixels where no space is named. */
export const presets = {
  tiny,
  small,
  "tiny-latent": inSpace(tiny, "latent"),
  "tiny-joint": inSpace(tiny, "joint"),
  "small-latent": inSpace(small, "latent"),
  "small-joint": inSpace(small, "joint"),
  // The paper's 0.005 spreads what is known of the end a tenth as fast, and runs of minutes end before that has come through
  "alpha-flow": fewStep({ kind: "alpha-flow", alpha: 0.05, anneal: 0.5, plain: 0.25 }),
  shortcut: fewStep({ kind: "shortcut", levels: 7, plain: 0.75 }),
  consistency: fewStep({ kind: "consistency", base: 2, first: 2, last: 5 }),
} satisfies Record<string, FlowSettings>;

/** A preset fitted to a data set. */
export const forData = (settings: FlowSettings, { channels }: { channels: number }): FlowSettings => ({
  ...settings,
  autoencoder: autoencoderFor(settings.autoencoder, channels),
});
