import { z } from "zod";
import { type Images, repeatImages, separateImages } from "../../media/images.js";
import { type EditOf, edit } from "../../models/edits.js";
import { OptionError, seedOption, without } from "../../models/options.js";
import { crossover, inpaint, interpolate, morph, project, splits, vary } from "./edit.js";
import type { SphereEncoder } from "./encoder.js";
import { MOST_STEPS } from "./options.js";
import type { SphereShape } from "./shape.js";

const className = () => z.union([z.string(), z.int().min(0)]);
const label = className().optional().describe("class name or number (default: none)");
const newLabel = className().describe("class name or number that the pictures get");
const passes = (preset: number) =>
  z.int().min(0).max(MOST_STEPS).default(preset).describe("passes through encoder and decoder");
const strength = (preset: number) => z.number().min(0).max(1).default(preset).describe("share of the full noise");
const angle = z.number().min(0).max(90).default(30).describe("degrees; 0: the picture, 90: nothing of it");
const turned = z
  .number()
  .min(0)
  .max(90)
  .optional()
  .describe("degrees by which noise has turned the latents, for a decoder that is told them (default: 0)");
const variations = z.int().min(1).default(8).describe("variations of each picture");
const frames = z.int().min(2).default(8).describe("pictures, ends included");
const split = z.enum(splits).default("vertical").describe("where the edge runs");
const labels = z.array(z.string()).length(2).optional().describe("classes of the two ends, mixed in between");
const seed = seedOption();

/** Options that name classes are left out where the model has none. */
const classed = <S extends z.ZodObject>(schema: S, shape?: SphereShape): S =>
  without(schema, { label: shape?.classes === 0, labels: shape?.classes === 0 } as never);

/** What a Sphere Encoder does to pictures: without a shape everything. */
export const sphereEdits = (shape?: SphereShape): Readonly<Record<string, EditOf<SphereEncoder>>> => ({
  encode: edit({
    summary: "pictures to latents, written as safetensors",
    takes: ["pictures"],
    gives: "latents",
    options: classed(z.strictObject({ label }), shape),
    run: async (model: SphereEncoder, { pictures }, options) => ({
      values: await model.encode(pictures, options),
      count: pictures.count,
      size: model.latent,
    }),
  }),
  decode: edit({
    summary: "latents of a safetensors file to pictures",
    takes: ["latents"],
    options: classed(
      without(z.strictObject({ label, angle: turned }), {
        angle: shape !== undefined && shape.sampleAngle === undefined,
      }),
      shape,
    ),
    async run(model: SphereEncoder, { latents: { values, count, size } }, options) {
      if (size !== model.latent)
        throw new OptionError(
          `Latents of ${model.config.name} have ${model.latent} numbers, got ${count} × ${size}; make them with encode.`,
        );
      return model.decode(values, options);
    },
  }),
  reconstruct: edit({
    summary: "what the model keeps of pictures",
    takes: ["pictures"],
    options: classed(z.strictObject({ label }), shape),
    run: (model: SphereEncoder, { pictures }, options) => model.reconstruct(pictures, options),
  }),
  project: edit({
    summary: "pull pictures onto what the model has learned",
    takes: ["pictures"],
    options: classed(z.strictObject({ label, steps: passes(4) }), shape),
    run: (model: SphereEncoder, { pictures }, options) => project(model, pictures, options),
  }),
  vary: edit({
    summary: "variations of a picture, by the angle of its latent",
    takes: ["pictures"],
    options: classed(z.strictObject({ angle, count: variations, label, steps: passes(1), seed }), shape),
    run: (model: SphereEncoder, { pictures }, { count, ...options }) =>
      vary(model, repeatImages(pictures, count), options),
  }),
  ...(shape?.classes !== 0 && {
    morph: edit({
      summary: "change the class and keep the layout",
      takes: ["pictures"],
      options: z.strictObject({ label: newLabel, steps: passes(4), strength: strength(0.25), seed }),
      run: (model: SphereEncoder, { pictures }, options) => morph(model, pictures, options),
    }),
  }),
  crossover: edit({
    summary: "stitch two pictures and heal the seam",
    takes: ["pair"],
    options: classed(z.strictObject({ split, label, steps: passes(4), strength: strength(0.25), seed }), shape),
    run: (model: SphereEncoder, { pictures }, options) => crossover(model, ...pair(pictures), options),
  }),
  inpaint: edit({
    summary: "fill in what a mask hides; the rest stays, to the pixel (an extension)",
    takes: ["pictures", "mask"],
    options: classed(z.strictObject({ label, steps: passes(8), strength: strength(0.5), seed }), shape),
    run: (model: SphereEncoder, { pictures, mask }, options) => inpaint(model, pictures, mask, options),
  }),
  interpolate: edit({
    summary: "the way from one picture to another on the sphere",
    takes: ["pair"],
    options: classed(z.strictObject({ count: frames, labels, steps: passes(1) }), shape),
    run: (model: SphereEncoder, { pictures }, { labels, ...options }) =>
      interpolate(model, ...pair(pictures), { ...options, labels: labels as [string, string] | undefined }),
  }),
});

const pair = (pictures: Images) => separateImages(pictures) as [Images, Images];
