import { z } from "zod";
import { classes, depth, width } from "../../models/shape.js";
import { autoencoderShape } from "../../networks/autoencoder.js";

/** What a file keeps of a flow's networks. */
export const flowShape = z.strictObject({
  space: z.enum(["pixel", "latent", "joint"]),
  autoencoder: autoencoderShape,
  /** 0: unconditional. The class after the last is "none". */
  classes,
  hidden: width,
  blocks: depth,
  condition: width,
});
export type FlowShape = z.infer<typeof flowShape>;
