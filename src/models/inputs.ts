import { belongsTo, upperNames } from "../data/class-names.js";
import { many, show } from "../io/show.js";
import type { Random } from "../random/index.js";
import { OptionError } from "./options.js";

/** Class of samples: a name or an index for all, or one for each. */
export type Label = string | number | readonly (string | number)[];

/**
 * Which class each of `count` samples has, [count]: as given, or (none given) all classes in turn. Of what several classes
 * belong to, such as "Food & Drink" of "Food & Drink / drink", sample i has that of turn `seed` + i. @throws OptionError
 */
export function resolveLabels(
  label: Label | undefined,
  count: number,
  classNames: readonly string[] | null,
  seed = 0,
): Int32Array<ArrayBuffer> {
  if (classNames === null) {
    if (label !== undefined) throw new OptionError(`This model has no classes; leave out the label "${label}".`);
    return new Int32Array(count);
  }
  if (label === undefined) return Int32Array.from({ length: count }, (_, i) => i % classNames.length);
  const inTurn = (of: readonly number[], i: number) => of[(((seed + i) % of.length) + of.length) % of.length];
  if (typeof label === "string" || typeof label === "number") {
    const all = classesNamed(label, classNames);
    return Int32Array.from({ length: count }, (_, i) => inTurn(all, i));
  }
  if (label.length !== count)
    throw new OptionError(
      `${many(label.length, "label")} for ${many(count, "sample")}: give one for all, or one for each.`,
    );
  return Int32Array.from(label, (name, i) => inTurn(classesNamed(name, classNames), i));
}

/**
 * Indices of a class, or of those that belong to what is named: by its exact name, its number, its name in upper or lower
 * case, or a part of a class's name; the last where no other class has it. Spellings of one text (é as one character or
 * as two) are the same. Where all names are numbers, a number is a name. @throws OptionError
 */
export function classesNamed(name: string | number, classNames: readonly string[]): number[] {
  const wanted = String(name).normalize("NFC");
  const names = classNames.map((n) => n.normalize("NFC"));
  const exact = names.indexOf(wanted);
  if (exact >= 0) return [exact];
  const numbers = names.every((n) => NUMBER.test(n));
  if (NUMBER.test(wanted) && !numbers && Number(wanted) < names.length) return [Number(wanted)];
  const folded = names.map((n) => n.toLowerCase());
  const like = (matches: (n: string) => boolean) => [...folded.keys()].filter((i) => matches(folded[i]));
  const same = like((n) => n === wanted.toLowerCase());
  const below = like((n) => belongsTo(n, wanted.toLowerCase()));
  if (same.length === 0 && below.length > 0) return below;
  const found = same.length > 0 || NUMBER.test(wanted) ? same : like((n) => n.includes(wanted.toLowerCase()));
  if (found.length === 1) return found;
  const known = knownClasses(classNames, numbers);
  if (found.length > 1) {
    const [few, more] = [found.slice(0, FEW), found.length - FEW];
    const upper = upperNames(classNames).find((one) => found.every((i) => belongsTo(classNames[i], one)));
    const candidates = few.map((i) => `"${classNames[i]}"`).join(" or ") + (more > 0 ? ` or ${more} more` : "");
    throw new OptionError(
      `"${name}" may be ${candidates}; give the exact name or number of one` +
        `${upper ? `, or "${upper}" for all of it` : ""}: ${known}.`,
    );
  }
  throw new OptionError(`There is no class "${name}"; the model knows ${known}.`);
}

const NUMBER = /^\d+$/;
/** Classes that a message names at most. */
const FEW = 20;

/** The classes as a message has them; of many what they belong to, or the first ones. */
function knownClasses(classNames: readonly string[], numbers: boolean): string {
  const all = classNames.map((n, i) => (numbers ? n : `${i} ${n}`));
  if (all.length <= FEW) return all.join(", ");
  const upper = upperNames(classNames);
  if (upper.length === 0 || upper.length > FEW)
    return `${all.length} classes: ${all.slice(0, FEW / 2).join(", ")}, … ${all.at(-1)}`;
  return `${all.length} classes, of ${upper.map((n) => `"${n}"`).join(", ")}, such as ${all[0]}`;
}

/** How far from 1 the weights of a mixture may add up to: they are float32. */
const ROUNDING = 1e-3;

/**
 * Rows that say what `count` samples are of: the `label` of each [count], or the weights of its classes `mixture`
 * [count, classes], where a mixture is given. `none` adds a column of zeros for networks that know "no class" as the
 * last. @throws OptionError
 */
export function resolveClasses(
  { label, mixture, seed }: { label?: Label; mixture?: Float32Array; seed?: number },
  count: number,
  classNames: readonly string[] | null,
  { none = false } = {},
): { label: Int32Array } | { mixture: Float32Array } {
  if (mixture === undefined) return { label: resolveLabels(label, count, classNames, seed) };
  if (classNames === null) throw new OptionError("This model has no classes; leave out the mixture.");
  if (label !== undefined) throw new OptionError("Give a label or a mixture of classes, not both.");
  const classes = classNames.length;
  if (!(mixture instanceof Float32Array) || mixture.length !== count * classes)
    throw new OptionError(
      `mixture takes a Float32Array of ${count} × ${classes} numbers, got ${show(mixture?.length ?? mixture)}.`,
    );
  const row = classes + (none ? 1 : 0);
  const weights = new Float32Array(count * row);
  for (let i = 0; i < count; i++) {
    const own = mixture.subarray(i * classes, (i + 1) * classes);
    const bad = own.find((weight) => !(weight >= 0 && weight <= 1 + ROUNDING));
    if (bad !== undefined) throw new OptionError(`The weights of a mixture are numbers from 0 to 1, got ${bad}.`);
    const sum = own.reduce((a, b) => a + b, 0);
    if (Math.abs(sum - 1) > ROUNDING)
      throw new OptionError(`The weights of each sample of a mixture add up to 1; those of sample ${i} to ${sum}.`);
    weights.set(own, i * row);
  }
  return { mixture: weights };
}

/**
 * Gaussian noise for `count` samples of `size` numbers: as given, or drawn so that sample i does not depend on how many
 * are drawn.
 */
export function resolveNoise(
  noise: Float32Array | undefined,
  count: number,
  size: number,
  random: Random,
): Float32Array {
  if (!noise) return random.normals(count * size);
  if (noise.length !== count * size)
    throw new OptionError(`noise takes ${count} × ${size} numbers, got ${noise.length}.`);
  for (const value of noise) if (!Number.isFinite(value)) throw new OptionError(`noise must be finite, got ${value}.`);
  return noise;
}
