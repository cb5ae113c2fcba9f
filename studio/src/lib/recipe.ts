import type { WebGenerator } from "fewstep/browser";
import { blendClasses, blendNoise } from "fewstep/page";

/** A picture that a seed and a class give; without classes the label is null. */
export interface Seedling {
  readonly seed: number;
  readonly label: number | null;
}
/** What a picture is made of: one seed, or up to four mixed at a point of the unit square. */
export interface Recipe {
  readonly corners: readonly Seedling[];
  readonly x: number;
  readonly y: number;
}
/** What all pictures of a request share, by the names of the model's options: guidance, steps and the like. */
export type Shared = Readonly<Record<string, unknown>>;

/**
 * A class by its number, as `label` of a model takes it: where names are numbers, a number is taken for a name, so that
 * the class has to be called by its own.
 */
export const labelOf = (classNames: readonly string[] | null, label: number): string | number =>
  classNames?.some((name) => /^\d+$/.test(name)) ? classNames[label] : label;

export const single = (seed: number, label: number | null): Recipe => ({ corners: [{ seed, label }], x: 0, y: 0 });
export const sameSeedling = (a: Seedling, b: Seedling): boolean => a.seed === b.seed && a.label === b.label;

/** "7.3" for seed 7 and class 3, "7" without classes. */
export const writeSeedling = ({ seed, label }: Seedling): string =>
  label === null ? String(seed) : `${seed}.${label}`;
export function readSeedling(text: string, classes: number): Seedling | null {
  const [seed, label] = text.split(".").map(Number);
  if (!Number.isSafeInteger(seed)) return null;
  if (classes === 0) return { seed, label: null };
  return Number.isInteger(label) && label >= 0 && label < classes ? { seed, label } : null;
}

/** Whether pictures of a model can be mixed: it begins with Gaussian noise. */
export const mixes = ({ method }: WebGenerator): boolean => method !== "discrete";

/** Noise by seed: drawn once for each model. */
const noises = new WeakMap<WebGenerator, Map<number, Promise<Float32Array>>>();
function noiseOf(generator: WebGenerator, seed: number): Promise<Float32Array> {
  const known = noises.get(generator) ?? new Map<number, Promise<Float32Array>>();
  noises.set(generator, known);
  if (known.size > 4000) known.clear();
  const noise = known.get(seed) ?? generator.noise({ seed, count: 1 });
  known.set(seed, noise);
  return noise;
}

/** Noise and class weights of a recipe. */
async function ingredients(generator: WebGenerator, { corners, x, y }: Recipe) {
  const noises = await Promise.all(corners.map(({ seed }) => noiseOf(generator, seed)));
  const labels = corners.flatMap(({ label }) => label ?? []);
  return {
    noise: blendNoise(noises, { x, y }),
    mixture: blendClasses(labels, generator.classNames?.length ?? 0, { x, y }),
  };
}

const joined = (parts: readonly Float32Array[]): Float32Array => {
  const all = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
};

/** Draws recipes with shared options, all in one batch where the model can. `onPicture` tells of each that is done. */
export async function drawRecipes(
  generator: WebGenerator<"image">,
  recipes: readonly Recipe[],
  shared: Shared,
  signal?: AbortSignal,
  onPicture?: (index: number, image: ImageData) => void,
): Promise<ImageData[]> {
  const { classNames } = generator;
  if (!mixes(generator)) {
    const images: ImageData[] = [];
    for (const [index, { corners }] of recipes.entries()) {
      const { seed, label } = corners[0];
      const drawn = await generator.sample(
        { ...shared, seed, ...(label !== null && { label: labelOf(classNames, label) }) },
        { signal },
      );
      images.push(drawn.imageData());
      onPicture?.(index, images[index]);
    }
    return images;
  }
  const all = await Promise.all(recipes.map((recipe) => ingredients(generator, recipe)));
  /** Each of one class, which is then told as a label. */
  const pure = recipes.every(({ corners }) => corners.every(({ label }) => label === corners[0].label));
  const labels = recipes.flatMap(({ corners: [{ label }] }) => (label === null ? [] : labelOf(classNames, label)));
  const drawn = await generator.sample(
    { ...shared, count: recipes.length, ...(pure && labels.length > 0 && { label: labels }) },
    {
      signal,
      noise: joined(all.map(({ noise }) => noise)),
      ...(!pure && { mixture: joined(all.map(({ mixture }) => mixture)) }),
    },
  );
  return recipes.map((_, index) => drawn.imageData(index));
}
