import { many } from "../io/show.js";
import type { Random } from "../random/index.js";
import { OptionError } from "./options.js";

/** Class of samples: a name or an index for all, or one for each. */
export type Label = string | number | readonly (string | number)[];

/**
 * Which class each of `count` samples has, [count]: as given, or (none given) all classes in turn. @throws OptionError
 */
export function resolveLabels(
  label: Label | undefined,
  count: number,
  classNames: readonly string[] | null,
): Int32Array<ArrayBuffer> {
  if (classNames === null) {
    if (label !== undefined) throw new OptionError(`This model has no classes; leave out the label "${label}".`);
    return new Int32Array(count);
  }
  if (label === undefined) return Int32Array.from({ length: count }, (_, i) => i % classNames.length);
  const indexOf = (name: string | number) => classIndex(name, classNames);
  if (typeof label === "string" || typeof label === "number") return new Int32Array(count).fill(indexOf(label));
  if (label.length !== count)
    throw new OptionError(
      `${many(label.length, "label")} for ${many(count, "sample")}: give one for all, or one for each.`,
    );
  return Int32Array.from(label, indexOf);
}

/** Index of a class by its name, its number, or a part of its name that no other has. Upper and lower case are one. */
function classIndex(name: string | number, classNames: readonly string[]): number {
  const wanted = String(name).toLowerCase();
  const names = classNames.map((n) => n.toLowerCase());
  const exact = names.indexOf(wanted);
  const partial = [...names.keys()].filter((i) => names[i].includes(wanted));
  const index = exact >= 0 ? exact : /^\d+$/.test(wanted) ? Number(wanted) : partial.length === 1 ? partial[0] : -1;
  if (index < 0 || index >= classNames.length)
    throw new OptionError(
      `There is no class "${name}"; the model knows ${classNames.map((n, i) => `${i} ${n}`).join(", ")}.`,
    );
  return index;
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
