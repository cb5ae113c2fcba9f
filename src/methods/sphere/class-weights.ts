import { type Label, resolveLabels } from "../../models/inputs.js";
import { OptionError } from "../../models/options.js";
import type { ClassOptions, ClassWeights, GuidanceOptions } from "./encoder.js";

/** What a Sphere Encoder knows of classes: how many it was shaped for, and their names, if it has any. */
export interface Classes {
  readonly classes: number;
  readonly classNames: readonly string[] | null;
}

/** Class weights [count, classes + 1] of images without a class. */
export function noClass({ classes }: Classes, count: number): ClassWeights {
  const row = classes + 1;
  return new Float32Array(count * row).map((_, i) => (i % row === row - 1 ? 1 : 0));
}

/** Class weights [count, classes + 1] of the numbers of classes [count]. */
export function weightsOfClasses(of: Classes, labels: Int32Array): ClassWeights {
  if (of.classNames === null) return noClass(of, labels.length);
  const row = of.classes + 1;
  const weights = new Float32Array(labels.length * row);
  labels.forEach((label, i) => void (weights[i * row + label] = 1));
  return weights;
}

/** Class weights [count, classes + 1] of a label, of one for each, or (null) of none. @throws where there is no such class */
export function weightsOfLabel(of: Classes, label: Label | null | undefined, count: number): ClassWeights {
  const labels = labelsGiven(of, label, count);
  return labels === null ? noClass(of, count) : weightsOfClasses(of, labels);
}

/** Classes [count] that pictures are given by a label; null where they are given none. */
export function labelsGiven(of: Classes, label: Label | null | undefined, count: number): Int32Array | null {
  return label === null || label === undefined ? null : resolveLabels(label, count, of.classNames);
}

/** The class weights that are given, or a label's. @throws OptionError where guidance has no class to go to */
export function weightsGiven(
  of: Classes,
  { label, classes, guidance = 1 }: ClassOptions & GuidanceOptions,
  count: number,
): ClassWeights {
  const named = label !== undefined && label !== null;
  if (classes && named) throw new OptionError("Give a label or class weights, not both.");
  const size = count * (of.classes + 1);
  if (classes && classes.length !== size)
    throw new OptionError(`Class weights take ${count} × ${size / count} numbers, got ${classes.length}.`);
  for (const weight of classes ?? [])
    if (!Number.isFinite(weight)) throw new OptionError(`Class weights must be finite, got ${weight}.`);
  if (guidance > 1 && of.classNames && !classes && !named)
    throw new OptionError(
      `Guidance goes from no class to a class; give a label, or leave out the guidance ${guidance}.`,
    );
  return classes ?? weightsOfLabel(of, label, count);
}
