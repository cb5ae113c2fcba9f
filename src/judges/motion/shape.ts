import { z } from "zod";
import { sequenceLength, width } from "../../models/shape.js";

/** Numbers of a frame that the judge sees: the root, and the joints' places; no rotations, no contacts. */
export const JUDGED = 67;

const everyNumber = z.array(z.number()).length(JUDGED).readonly();

export const motionJudgeShape = z.strictObject({
  fps: z.number().positive(),
  /** Frames of a window. */
  frames: z.int().min(4).max(4096),
  /** Mean of each number over the training frames, and its deviation. */
  mean: everyNumber,
  deviation: z.array(z.number().positive()).length(JUDGED).readonly(),
  actions: z.array(z.string()).min(2).max(1_000_000).readonly(),
  words: z.array(z.string()).min(1).max(1_000_000).readonly(),
  /** Words of a text. */
  length: sequenceLength,
  /** Channels of the convolutions. */
  width,
  /** Size of the penultimate layer, whose activations are the features of the Fréchet distance. */
  features: width,
  /** Size of the space in which texts and motions meet. */
  embedding: width,
});
export type MotionJudgeShape = z.infer<typeof motionJudgeShape>;
