import { requireKnown } from "../../io/known.js";
import { OptionError } from "../../io/wrong-use.js";
import { fillSmoothly } from "../../media/fill.js";
import { Images } from "../../media/images.js";
import type { Label } from "../../models/inputs.js";
import { angleBetween, slerp } from "../../models/slerp.js";
import { Random } from "../../random/index.js";
import type { ClassWeights, EditControl, GuidanceOptions, RefineOptions, SphereEncoder } from "./encoder.js";
import { disturbRows } from "./geometry.js";
import { MOST_STEPS } from "./options.js";

const GUIDANCE = ["guidance", "guidanceAt"];

/** Steps that count decodings begin with one. */
function requireSteps(steps: number): void {
  if (!(Number.isInteger(steps) && steps >= 1 && steps <= MOST_STEPS))
    throw new OptionError(`steps must be a whole number from 1 to ${MOST_STEPS}, got ${steps}.`);
}

/** Pulls any picture onto what the model has learned: reconstructs it several times over (default 4). */
export async function project(
  model: SphereEncoder,
  images: Images,
  options: { steps?: number; label?: Label | null } & EditControl = {},
): Promise<Images> {
  requireKnown("project", options, ["steps", "label", "signal"]);
  const { steps = 4, ...others } = options;
  return model.refine(images, { steps, ...others, strength: 0 });
}

export interface VaryOptions extends GuidanceOptions, EditControl {
  /** How far from the picture, in degrees on the sphere: 0 is its reconstruction, 90 nothing of it. Default 30. */
  angle?: number;
  label?: Label | null;
  /** Decodings: every one after the first re-encodes the picture and decodes it again, without noise. Default 1. */
  steps?: number;
  seed?: number;
}

/**
 * Variations of pictures: their latents are turned by an exact angle in a random direction. Same seed, same directions.
 */
export async function vary(model: SphereEncoder, images: Images, options: VaryOptions = {}): Promise<Images> {
  requireKnown("vary", options, ["angle", "label", "steps", "seed", "signal", ...GUIDANCE]);
  const { angle = 30, label, steps = 1, seed = 0, signal: given, ...guidance } = options;
  requireSteps(steps);
  const signal = model.working(given);
  if (!(angle >= 0 && angle <= 90)) throw new OptionError(`angle must be in [0, 90] degrees, got ${angle}.`);
  const v = await model.encode(images, { label, signal });
  const noise = new Random(seed, "vary").normals(v.length);
  const turned = disturbRows(v, (angle * Math.PI) / 180, noise, model.latent, "rotation");
  const told = model.sampleAngle === null ? {} : { angle };
  const first = await model.decode(turned, { label, signal, ...told, ...guidance });
  const labelled = withLabels(first, first.labels ?? images.labels);
  return model.refine(labelled, { label, steps: steps - 1, strength: 0, signal, ...guidance });
}

export interface MorphOptions extends GuidanceOptions, EditControl {
  /** Class that the pictures become. */
  label: Label;
  /** Passes; the first keeps the layout and takes over the class's texture, later ones go further. Default 4. */
  steps?: number;
  /** Share of the full noise in [0, 1]; default 0.25. */
  strength?: number;
  seed?: number;
}

/**
 * Changes the class of pictures and keeps their layout: passes through {encode, disturb, decode}, all given the new
 * class.
 */
export async function morph(model: SphereEncoder, images: Images, options: MorphOptions): Promise<Images> {
  requireKnown("morph", options, ["label", "steps", "strength", "seed", "signal", ...GUIDANCE]);
  if (options?.label === undefined || options.label === null)
    throw new OptionError("morph needs a label: the class that the pictures become.");
  const { steps = 4, strength = 0.25, ...others } = options;
  return model.refine(images, { steps, strength, ...others });
}

/** Which part is the second picture's: the right half, the lower half, or the triangle below a diagonal. */
export const splits = ["vertical", "horizontal", "diagonal", "antidiagonal"] as const;
export type Split = (typeof splits)[number];

const belongsToSecond: Record<Split, (y: number, x: number) => boolean> = {
  vertical: (_, x) => x >= 0.5,
  horizontal: (y) => y >= 0.5,
  diagonal: (y, x) => y > x,
  antidiagonal: (y, x) => y > 1 - x,
};

/** Two batches of pictures stitched along a hard edge. */
export function stitch(a: Images, b: Images, split: Split = "vertical"): Images {
  if (!splits.includes(split)) throw new OptionError(`split is ${splits.join(", ")}; got "${split}".`);
  if (String(a.shape) !== String(b.shape))
    throw new OptionError(`Pictures of one size are stitched, got ${a.shape.join("×")} and ${b.shape.join("×")}.`);
  const { height, width } = a;
  const pixels = a.pixels.map((value, i) => {
    const [y, x] = [Math.floor(i / width) % height, i % width];
    return belongsToSecond[split]((y + 0.5) / height, (x + 0.5) / width) ? b.pixels[i] : value;
  });
  return new Images(pixels, a.count, a.channels, height, width);
}

export interface CrossoverOptions extends GuidanceOptions, EditControl {
  split?: Split;
  /** Passes; default 4. */
  steps?: number;
  /** Share of the full noise in [0, 1]; default 0.25. 0 only projects. */
  strength?: number;
  /** Default: no class. */
  label?: Label | null;
  seed?: number;
}

/**
 * Stitches two pictures and heals the seam by passes through the model; nothing is pasted in between, the whole picture
 * is pulled to a valid one.
 */
export async function crossover(
  model: SphereEncoder,
  a: Images,
  b: Images,
  options: CrossoverOptions = {},
): Promise<Images> {
  requireKnown("crossover", options, ["split", "label", "steps", "strength", "seed", "signal", ...GUIDANCE]);
  const { split, steps = 4, strength = 0.25, ...others } = options;
  return model.refine(stitch(a, b, split), { steps, strength, ...others });
}

export interface InpaintOptions extends GuidanceOptions, EditControl {
  label?: Label | null;
  /** Passes; default 8. */
  steps?: number;
  /** Share of the full noise in the first pass, falling to none in the last; default 0.5. */
  strength?: number;
  seed?: number;
}

/**
 * Fills in the masked pixels, an extension of ours: they start as a smooth continuation, and after each pass the known
 * pixels are put back. `mask` is [height·width] (one for all pictures) or [count·height·width] with 1 where a pixel is
 * unknown, 0 where it stays. Known pixels come back exactly.
 */
export async function inpaint(
  model: SphereEncoder,
  images: Images,
  mask: ArrayLike<number>,
  options: InpaintOptions = {},
): Promise<Images> {
  requireKnown("inpaint", options, ["label", "steps", "strength", "seed", "signal", ...GUIDANCE]);
  const { steps = 8, strength = 0.5, ...others } = options;
  model.checkImages(images);
  const { count, channels, height, width } = images;
  const area = height * width;
  if (mask.length !== area && mask.length !== count * area)
    throw new OptionError(
      `The mask must have ${height}×${width} = ${area} numbers (or ${count} times as many), got ${mask.length}.`,
    );
  for (let i = 0; i < mask.length; i++)
    if (mask[i] !== 0 && mask[i] !== 1)
      throw new OptionError(`The mask holds 0 (known) and 1 (unknown), got ${mask[i]}.`);
  const unknown = (i: number) => {
    const [picture, at] = [Math.floor(i / (channels * area)), i % area];
    return mask[mask.length === area ? at : picture * area + at] === 1;
  };
  const paste = (drawn: Images) => {
    for (let i = 0; i < drawn.pixels.length; i++) if (!unknown(i)) drawn.pixels[i] = images.pixels[i];
  };
  const start = fillSmoothly(images, unknown);
  return model.refine(new Images(start, count, channels, height, width, images.labels), {
    ...others,
    steps,
    strength: (pass) => strength * (1 - pass / Math.max(1, steps - 1)),
    between: paste,
  } satisfies RefineOptions);
}

export interface InterpolateOptions extends GuidanceOptions, EditControl {
  /** Pictures, ends included; default 8. */
  count?: number;
  /** Classes of the two ends, mixed in between; default: none. */
  labels?: readonly [string | number, string | number];
  /** Decodings of each; default 1. */
  steps?: number;
}

/**
 * The way from one picture (or latent [L]) to another along the great circle between their latents; class vectors are
 * mixed linearly.
 */
export async function interpolate(
  model: SphereEncoder,
  from: Images | Float32Array,
  to: Images | Float32Array,
  options: InterpolateOptions = {},
): Promise<Images> {
  requireKnown("interpolate", options, ["count", "labels", "steps", "signal", ...GUIDANCE]);
  const { count = 8, labels, steps = 1, signal: given, ...guidance } = options;
  requireSteps(steps);
  const signal = model.working(given);
  if (!(Number.isInteger(count) && count >= 2))
    throw new OptionError(`count must be a whole number from 2, got ${count}.`);
  const shares = Array.from({ length: count }, (_, i) => i / (count - 1));
  const [a, b] = await Promise.all([
    latentOf(model, from, labels?.[0], signal),
    latentOf(model, to, labels?.[1], signal),
  ]);
  const latents = new Float32Array(count * model.latent);
  shares.forEach((t, i) => void latents.set(slerp(a, b, t), i * model.latent));
  const classes = labels && mixed(model.classWeights(labels[0], 1), model.classWeights(labels[1], 1), shares);
  // As far as they are from the nearer end
  const way = (angleBetween(a, b) * 180) / Math.PI;
  const angle = Float32Array.from(shares, (t) => Math.min(t, 1 - t) * way);
  const told = model.sampleAngle === null ? {} : { angle };
  const drawn = await model.decode(latents, { classes, signal, ...told, ...guidance });
  return model.refine(drawn, { classes, steps: steps - 1, strength: 0, signal, ...guidance });
}

async function latentOf(
  model: SphereEncoder,
  end: Images | Float32Array,
  label: string | number | undefined,
  signal: AbortSignal,
): Promise<Float32Array> {
  if (!(end instanceof Images)) {
    if (end.length !== model.latent)
      throw new OptionError(`One latent of ${model.latent} numbers is needed, got ${end.length}.`);
    return end;
  }
  if (end.count !== 1) throw new OptionError(`One picture is needed at each end, got ${end.count}.`);
  return model.encode(end, { label, signal });
}

const mixed = (a: ClassWeights, b: ClassWeights, shares: readonly number[]): ClassWeights =>
  Float32Array.from(shares.flatMap((t) => Array.from(a, (value, i) => (1 - t) * value + t * b[i])));

const withLabels = ({ pixels, count, channels, height, width }: Images, labels: Int32Array | null) =>
  new Images(pixels, count, channels, height, width, labels);
