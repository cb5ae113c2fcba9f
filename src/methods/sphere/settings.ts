import { z } from "zod";
import { FEATURE_TRAINING, featureSettings } from "../../recipes/feature-settings.js";
import { frechetSettings, idleFrechet, noPostTraining, postTrained } from "../../recipes/frechet/settings.js";
import { count, decay, positive, share, size } from "../../train/settings.js";
import { sphereBody } from "./shape.js";

const weight = z.number().nonnegative();

const degrees = z.number().min(0).max(90);
export const noMatching = {
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
  from: postTrained,
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
