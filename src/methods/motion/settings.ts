import { z } from "zod";
import { count, decay, positive, share, size } from "../../train/settings.js";

const weight = z.number().nonnegative();
const schedule = { batch: size, steps: count, lr: positive };

/** Everything that defines a motion model and its training; `presets` fill it. */
export const motionSettings = z.object({
  seed: z.number().int().default(0),
  codec: z.object({
    width: size.describe("channels of the codec's convolutions"),
    latent: size.describe("numbers of a token, which is 4 frames"),
    depth: size.max(6).describe("residual blocks at each rate; their dilations are powers of 3"),
    frames: size.multipleOf(4).describe("frames of a training window"),
    reduction: z.enum(["mean", "sum"]).describe("mean: per number; sum: over the batch and adaptive, as in the paper"),
    kl: weight.describe("weight of the distance of tokens to normal ones"),
    root: weight.describe("weight of the root's own reconstruction"),
    align: weight.describe("weight of the alignment with the teacher when it begins; it falls to a tenth"),
    weights: z
      .object({ root: positive, positions: positive, rotations: positive, contacts: positive })
      .describe("weights of the parts of a frame in the reconstruction"),
    ...schedule,
  }),
  teacher: z
    .object({ width: size, heads: size, blocks: count, ...schedule })
    .describe("a network that knows motions from captions, which tokens are aligned with; steps 0: none"),
  text: z.object({
    words: size.describe("words with a vector of their own, at most"),
    buckets: size.describe("vectors that other words share"),
    length: size.describe("words of a caption at most"),
    width: size,
    heads: size,
    blocks: count,
  }),
  network: z.object({
    width: size,
    heads: size,
    blocks: size,
    hidden: size,
    block: size.describe("tokens that share a noise level"),
    window: size.describe("blocks that the network looks at, at most"),
    attention: z
      .enum(["causal", "window"])
      .describe("causal: blocks see earlier ones; window: those in the making also see each other"),
  }),
  training: z.object({
    levels: z
      .enum(["independent", "staircase", "mixed", "whole"])
      .describe(
        "noise of blocks: each on its own (CMDM), on a staircase (FloodDiffusion), either, or the same for all",
      ),
    captions: size.describe("captions in a training window at most"),
    textDropout: share.describe("share of training windows without their captions, for guidance"),
    wordDropout: share.describe("share of words read as unknown ones"),
    clip: positive.describe("largest norm of the gradients"),
    emaDecay: decay,
    ...schedule,
  }),
});
export type MotionSettings = z.infer<typeof motionSettings>;

/** Settings without effect: of a teacher that there is not, or of stages that are taken from a run that is trained on. */
export function idleSettings({ teacher }: MotionSettings, continued: boolean): string[] {
  const codec = ["frames", "reduction", "kl", "root", "align", "weights", "batch", "steps", "lr"];
  const alone = teacher.steps === 0;
  return [
    ...(continued ? [...codec.map((name) => `codec.${name}`), "text.words"] : alone ? ["codec.align"] : []),
    ...(continued ? ["batch", "lr", "steps", "width", "blocks"] : []).map((name) => `teacher.${name}`),
    ...(continued ? ["codec.width", "codec.latent", "codec.depth", "network.width", "network.blocks"] : []),
    ...(continued ? ["network.hidden", "text.buckets", "text.width", "text.blocks"] : []),
    ...(alone ? ["width", "heads", "blocks", "batch", "lr"] : []).map((name) => `teacher.${name}`),
  ];
}

const tiny: MotionSettings = {
  seed: 0,
  codec: {
    width: 64,
    latent: 24,
    depth: 2,
    frames: 64,
    reduction: "mean",
    kl: 1e-3,
    root: 0.05,
    align: 0.1,
    weights: { root: 2, positions: 1, rotations: 1, contacts: 1 },
    batch: 16,
    steps: 600,
    lr: 1e-3,
  },
  teacher: { width: 64, heads: 2, blocks: 2, batch: 32, steps: 150, lr: 1e-3 },
  text: { words: 500, buckets: 128, length: 24, width: 64, heads: 2, blocks: 1 },
  network: { width: 96, heads: 3, blocks: 4, hidden: 192, block: 3, window: 16, attention: "causal" },
  training: {
    levels: "independent",
    captions: 3,
    textDropout: 0.1,
    wordDropout: 0.02,
    clip: 1,
    emaDecay: 0.995,
    batch: 16,
    steps: 900,
    lr: 2e-3,
  },
};

const small: MotionSettings = {
  ...tiny,
  codec: { ...tiny.codec, width: 128, latent: 32, depth: 3, batch: 24, steps: 3000, lr: 1e-3 },
  teacher: { ...tiny.teacher, width: 96, heads: 3, steps: 400 },
  text: { ...tiny.text, buckets: 256, width: 96, heads: 3, blocks: 2 },
  network: { ...tiny.network, width: 160, heads: 4, blocks: 5, hidden: 320 },
  training: { ...tiny.training, batch: 24, steps: 5000, lr: 1.2e-3, emaDecay: 0.999 },
};

/** `tiny` takes minutes of two CPU cores, `small` about an hour; `paper` has CMDM's sizes (2602.22594). */
export const presets = {
  tiny,
  small,
  paper: {
    ...small,
    codec: {
      ...small.codec,
      width: 1024,
      latent: 64,
      reduction: "sum",
      kl: 0.01,
      weights: { root: 1, positions: 1, rotations: 1, contacts: 1 },
      batch: 256,
      steps: 300_000,
      lr: 2e-4,
    },
    teacher: { width: 256, heads: 4, blocks: 4, batch: 128, steps: 10_000, lr: 1e-4 },
    text: { words: 8000, buckets: 4096, length: 48, width: 768, heads: 12, blocks: 6 },
    network: { width: 512, heads: 4, blocks: 8, hidden: 1024, block: 3, window: 16, attention: "causal" },
    training: { ...small.training, batch: 64, steps: 180_000, lr: 2e-4, emaDecay: 0.9999 },
  },
} satisfies Record<string, MotionSettings>;
