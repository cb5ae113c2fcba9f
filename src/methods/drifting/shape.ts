import { z } from "zod";
import { classes, depth, width } from "../../models/shape.js";
import { autoencoderShape } from "../../networks/autoencoder.js";

/** What a file keeps of a generator. */
export const generatorShape = z.strictObject({
  autoencoder: autoencoderShape,
  /** 0: unconditional. */
  classes,
  hidden: width,
  blocks: depth,
  condition: width,
  /** Discrete style tokens: `count` indices, each into its own table of `size` rows. */
  styles: z.strictObject({ count: z.int().min(0).max(1024), size: z.int().min(0).max(65_536) }),
  /** Whether the guidance strength is an input. */
  guidance: z.boolean(),
});
export type GeneratorShape = z.infer<typeof generatorShape>;
