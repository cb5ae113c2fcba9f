import type { Images } from "../media/images.js";
import type { ImageGenerator, SampleContext, SampleOptions } from "./generator.js";
import { resolveLabels } from "./inputs.js";
import { OptionError } from "./options.js";
import { slerp } from "./slerp.js";

/** A picture that others are mixed with: what its seed and class give. */
export interface Corner {
  readonly seed?: number;
  readonly label?: string | number;
}
/** A point of the unit square, whose corners are the pictures; x goes right, y down. */
export interface Place {
  readonly x: number;
  readonly y: number;
}

/**
 * Weights of 1 … 4 corners at a place, adding up to 1. Two corners are left and right (y says nothing). Three: the third
 * is the whole lower edge. Four: upper left, upper right, lower left, lower right, bilinear.
 */
export function cornerWeights(corners: number, { x, y }: Place): number[] {
  if (corners === 1) return [1];
  if (corners === 2) return [1 - x, x];
  if (corners === 3) return [(1 - x) * (1 - y), x * (1 - y), y];
  return [(1 - x) * (1 - y), x * (1 - y), (1 - x) * y, x * y];
}

/**
 * Noise of 1 … 4 corners mixed at a place: along great circles, on the upper edge, on the lower one, then between the
 * two. A straight mixture of Gaussian noise would be too short to be noise.
 */
export function blendNoise(corners: readonly Float32Array[], { x, y }: Place): Float32Array {
  const [a, b, c, d] = corners;
  if (corners.length === 1) return a;
  const upper = slerp(a, b, x);
  if (corners.length === 2) return upper;
  return slerp(upper, d ? slerp(c, d, x) : c, y);
}

/**
 * Class weights [classes] of corners of these classes at a place; what was mixed of one class only is that class.
 */
export function blendClasses(labels: readonly number[], classes: number, place: Place): Float32Array {
  const mixture = new Float32Array(classes);
  const weights = cornerWeights(labels.length, place);
  labels.forEach((label, k) => {
    mixture[label] += weights[k];
  });
  return mixture;
}

/**
 * Pictures between 1 … 4 others: at each place of the square whose corners they are, their noise mixed along the sphere
 * and their classes by weight. At a corner the picture is the corner's own. `options` are those of every picture: all but
 * count, seed and label. @throws OptionError where a model begins with something else than noise
 */
export async function blend(
  model: ImageGenerator,
  corners: readonly Corner[],
  places: Place | readonly Place[],
  options: SampleOptions = {},
  context: Pick<SampleContext, "signal"> = {},
): Promise<Images> {
  const all = "x" in places ? [places] : places;
  if (corners.length < 1 || corners.length > 4)
    throw new OptionError(`blend mixes 1 to 4 pictures, got ${corners.length}.`);
  if (all.length === 0) throw new OptionError("blend needs a place, { x, y }, or a list of places.");
  for (const { x, y } of all)
    if (!(x >= 0 && x <= 1 && y >= 0 && y <= 1))
      throw new OptionError(`A place has x and y from 0 to 1, got { x: ${x}, y: ${y} }.`);
  for (const name of ["count", "seed", "label"])
    if (options[name] !== undefined) throw new OptionError(`blend takes no ${name} for all: each corner has its own.`);
  const noises = corners.map(({ seed }) =>
    model.drawNoise({ ...options, count: 1, ...(seed !== undefined && { seed }) }),
  );
  const { classNames } = model;
  const labels = corners.map(({ label }) => label);
  const named = labels.filter((label) => label !== undefined);
  if (classNames && named.length < labels.length)
    throw new OptionError("Each corner needs its label: a class name or number.");
  if (!classNames && named.length > 0) throw new OptionError("This model has no classes; leave out the labels.");
  // Of what several classes belong to, each corner has the class that its own seed begins with, as its sample has
  const indices = classNames ? corners.map(({ label, seed }) => resolveLabels(label, 1, classNames, seed)[0]) : [];
  const size = noises[0].length;
  const noise = new Float32Array(all.length * size);
  all.forEach((place, i) => void noise.set(blendNoise(noises, place), i * size));
  const rest = { ...options, count: all.length };
  if (indices.length === 0) return model.sample(rest, { ...context, noise });
  if (indices.every((index) => index === indices[0]))
    return model.sample({ ...rest, label: classNames![indices[0]] }, { ...context, noise });
  const mixture = new Float32Array(all.length * classNames!.length);
  all.forEach((place, i) => void mixture.set(blendClasses(indices, classNames!.length, place), i * classNames!.length));
  return model.sample(rest, { ...context, noise, mixture });
}
