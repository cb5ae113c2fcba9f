import { z } from "zod";
import type { Channels } from "../../io/channels.js";
import { fillSmoothly } from "../../media/fill.js";
import { Images } from "../../media/images.js";
import { type EditContext, type EditOf, edit } from "../../models/edits.js";
import { drawExemplars, type Exemplars } from "../../models/exemplars.js";
import { OptionError, seedOption, without } from "../../models/options.js";
import { refine } from "../../recipes/drift/refine.js";
import type { CompileOptions } from "../../runtime/index.js";
import type { DriftingShape } from "./shape.js";

/** What the edits need of a model: they evaluate none of its networks. */
export interface DriftEditor {
  readonly config: { readonly name: string };
  readonly classNames: readonly string[] | null;
  readonly image: { readonly height: number; readonly width: number; readonly channels: Channels };
  /** What the field is computed with. */
  readonly runtime: CompileOptions;
}

const all = z.strictObject({
  steps: z.int().min(0).max(1000).default(10).describe("updates along the drift field; 0 changes nothing"),
  eta: z.number().gt(0).max(1).default(0.5).describe("length of an update"),
  temperatures: z
    .array(z.number().gt(0))
    .min(1)
    .default([0.05])
    .describe("kernel widths, in mean distances between pictures and exemplars"),
  anchor: z.number().min(0).default(0).describe("pull back to where a picture was; 0 is none"),
  exemplars: z.int().min(1).default(2000).describe("real pictures to drift towards, at most"),
  label: z
    .union([z.string(), z.int().min(0)])
    .optional()
    .describe("class of the exemplars (default: all)"),
  seed: seedOption().describe("same seed, same exemplars"),
});

/** What a drifting model does to pictures: drift at inference, an extension of ours. Without a shape everything. */
export function driftingEdits(shape?: DriftingShape): Readonly<Record<string, EditOf<DriftEditor>>> {
  const options = without(all, { label: shape?.classes === 0 });
  return {
    refine: edit({
      summary: "drift at least two pictures towards real ones and away from each other (an extension)",
      takes: ["pictures", "exemplars"],
      options,
      run: (model: DriftEditor, { pictures, exemplars }, given, context) =>
        drifted(model, pictures, exemplars, given, context),
    }),
    inpaint: edit({
      summary: "fill in what a mask hides; the rest stays, to the pixel (an extension)",
      takes: ["pictures", "mask", "exemplars"],
      options,
      run(model: DriftEditor, { pictures, mask, exemplars }, given, context) {
        const { count, channels, height, width, labels } = pictures;
        const start = fillSmoothly(pictures, (i) => mask[i % mask.length] === 1);
        const filled = new Images(start, count, channels, height, width, labels);
        return drifted(model, filled, exemplars, given, context, mask);
      },
    }),
  };
}

/** Pictures after drifting, clipped to [−1, 1]. Where the mask [height·width] is 0 they are as they were. */
async function drifted(
  model: DriftEditor,
  { pixels, count, channels, height, width, labels }: Images,
  exemplars: Exemplars,
  { exemplars: most, label, seed, ...drift }: z.output<typeof all>,
  context: EditContext,
  mask?: Float32Array,
): Promise<Images> {
  if (count < 2)
    throw new OptionError(
      `Pictures drift in company, got ${count}: give at least two at once; a single one would slide to the exemplars' mean.`,
    );
  const positives = drawExemplars(model, exemplars, { count: most, label, seed });
  const moving = mask && Float32Array.from({ length: channels * mask.length }, (_, i) => mask[i % mask.length]);
  const { device, threads, worker } = model.runtime;
  const how = { device, threads, worker, ...context };
  const moved = await refine(pixels, count, { positives, mask: moving, ...drift }, how);
  const clipped = moved.map((value) => Math.min(1, Math.max(-1, value)));
  return new Images(clipped, count, channels, height, width, labels);
}
