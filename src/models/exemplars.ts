import { type ImageSplit, toFloat } from "../data/dataset.js";
import { Random } from "../random/index.js";
import { type Label, resolveLabels } from "./inputs.js";
import { OptionError } from "./options.js";

/** Real pictures that an edit may take as examples, of the model's size. */
export interface Exemplars {
  readonly split: ImageSplit;
  /** What its labels mean; null where it has none. */
  readonly classNames: readonly string[] | null;
}

interface Asker {
  readonly config: { readonly name: string };
  readonly classNames: readonly string[] | null;
}

/**
 * At most `count` exemplars as pixels [n, channels, height, width] in [−1, 1], drawn by the seed without replacement;
 * with a label those of that class of the model. @throws OptionError where there are none
 */
export function drawExemplars(
  { config, classNames }: Asker,
  { split, classNames: known }: Exemplars,
  { count, label, seed }: { count: number; label?: Label; seed: number },
): Float32Array {
  const rows = new Random(seed, "exemplars").permutation(split.count);
  if (label === undefined) return toFloat(split, rows.slice(0, count));
  const wanted = resolveLabels(label, Math.max(classNames?.length ?? 0, 1), classNames);
  const { labels } = split;
  if (!labels || String(known) !== String(classNames))
    throw new OptionError(
      `The exemplars have other classes than ${config.name}: leave out the label "${label}" and give pictures of that class.`,
    );
  const own = rows.filter((row) => wanted.includes(labels[row]));
  if (own.length === 0) throw new OptionError(`There is no exemplar of class "${label}" among ${split.count}.`);
  return toFloat(split, own.slice(0, count));
}
