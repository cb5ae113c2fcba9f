import { z } from "zod";
import { classes, imageShape, width } from "../../models/shape.js";

export const classifierShape = imageShape.extend({
  classes: classes.min(1),
  /** Channels of the three convolutions. */
  widths: z.tuple([width, width, width]).readonly(),
  /** Size of the penultimate layer, whose activations are the features of the Fréchet distance. */
  features: width,
});
export type ClassifierShape = z.infer<typeof classifierShape>;
