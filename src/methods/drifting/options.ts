import { z } from "zod";
import { countOption, guidanceOption, labelOption, seedOption, without } from "../../models/options.js";
import { type DriftingShape, inputsOf } from "./shape.js";

/** Range of guidance strengths that generators are trained with. */
export const GUIDANCE = { low: 1, high: 4 };

const all = ({ count, size }: { count: number; size: number }) =>
  z.strictObject({
    count: countOption(),
    label: labelOption(),
    guidance: guidanceOption(GUIDANCE.low, GUIDANCE.high),
    style: z
      .array(
        z
          .int()
          .min(0)
          .max(size - 1),
      )
      .length(count)
      .optional()
      .describe("style tokens of every image (default: drawn for each)"),
    seed: seedOption(),
  });

/** What a drifting model can be asked for: without a shape everything, else what its network has inputs for. */
export function driftingOptions(shape?: DriftingShape) {
  const { classes, guidance, styles } = shape ? inputsOf(shape) : ANY;
  return without(all(styles), { label: classes === 0, guidance: !guidance, style: styles.count === 0 });
}
const ANY = { classes: 1, guidance: true, styles: { count: 4, size: 16 } };

export type DriftingSampleOptions = z.input<ReturnType<typeof driftingOptions>>;
