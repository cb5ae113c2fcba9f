import { z } from "zod";
import { BLOCK_TYPES } from "../io/blocks.js";
import { faults } from "../io/faults.js";
import { imageShape } from "./shape.js";

const checksum = z.string().regex(/^[0-9a-f]{64}$/);

/** A model's weights once more, in less room. */
const lighterWeights = z.object({
  dtype: z.enum(BLOCK_TYPES),
  /** Of its file, `weightsFile(dtype)`. */
  bytes: z.int().positive(),
  sha256: checksum,
  /** Whether what they draw was measured to be as good: no Fréchet distance above the interval of the original's. */
  equal: z.boolean(),
});
export type LighterWeights = z.infer<typeof lighterWeights>;

/** The file of a model's weights; of a type: of those that stand beside them in less room. */
export const weightsFile = (dtype?: LighterWeights["dtype"]): string =>
  dtype === undefined ? "model.safetensors" : `model.${dtype}.safetensors`;

const modelConfig = z.object({
  format: z.literal(1),
  method: z.string(),
  name: z.string(),
  /** Of models of images. */
  image: imageShape.optional(),
  /** Of models of text: the tokenizer, and whether a sample is one line. */
  text: z.object({ tokenizer: z.unknown(), lines: z.boolean() }).optional(),
  /** Of models of motion. */
  motion: z.object({ fps: z.number().positive() }).optional(),
  /** Of models of the gestures of two people in conversation. */
  gesture: z.object({ fps: z.number().positive() }).optional(),
  classNames: z.array(z.string()).nullable(),
  /** What the method's own loader needs to rebuild the network. */
  network: z.unknown(),
  /** How it was trained: data, seconds, steps, command. */
  training: z.record(z.string(), z.unknown()).default({}),
  /** SHA-256 of the bytes of model.safetensors; models of before it was written have none. */
  sha256: checksum.optional(),
  /** Weights that stand beside these. */
  lighter: z.array(lighterWeights).optional(),
});

/** The part of a model's config.json that every method shares. */
export type ModelConfig = z.infer<typeof modelConfig>;

/** Reads a config.json; `place` is what errors call it. */
export function parseConfig(place: string, bytes: Uint8Array): ModelConfig {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder().decode(bytes));
  } catch (error) {
    throw new Error(
      `${place} is not JSON: ${(error as Error).message}. Restore the file from where the model was made.`,
    );
  }
  const parsed = modelConfig.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new Error(
    `${place} describes no model that this version reads: ${faults(parsed.error, value)}. Restore the file, or update fewstep.`,
  );
}

/** Size of a model's images; throws where it draws none. */
export function imageSize({ name, image, motion, gesture }: ModelConfig): NonNullable<ModelConfig["image"]> {
  if (!image) throw new Error(`${name} draws ${motion ? "motions" : gesture ? "gestures" : "text"}, not images.`);
  return image;
}
