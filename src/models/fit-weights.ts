import { show } from "../io/show.js";
import { WrongUse } from "../io/wrong-use.js";
import type { Parameterized } from "../nn/index.js";
import { type Architecture, trainableShape, type Weights } from "./architecture.js";

/** Where the numbers of a parameter stand among published tensors. */
export interface Published {
  name: string;
  /** Shape that the tensor must have. */
  shape: readonly number[];
  /** The parameter's numbers, of the tensor's; default: all, as they are. */
  take?(data: Float32Array): Float32Array;
}

const some = (all: Iterable<string>): string => {
  const names = [...all];
  return `${names.slice(0, 6).join(", ")}${names.length > 6 ? ` and ${names.length - 6} more` : ""}`;
};

/**
 * Published tensors as the weights of a network of ours: every parameter from where `published` says (null: it is not
 * among them). Tensors of another size, missing and unknown ones are refused by name; `unused` are those that `isUnused` names.
 * `network` is whose it is called in errors. @throws WrongUse
 */
export function fitWeights(
  network: string,
  net: Parameterized,
  tensors: Weights,
  published: (parameter: string, shape: readonly number[]) => Published | null,
  isUnused: (name: string) => boolean,
): { weights: Weights; unused: string[] } {
  const weights: Weights = {};
  const [missing, sizes, known] = [new Set<string>(), new Set<string>(), new Set<string>()];
  for (const [parameter, { shape }] of net.namedParameters()) {
    const from = published(parameter, shape);
    if (!from) continue;
    known.add(from.name);
    const found = tensors[from.name];
    if (!found) missing.add(from.name);
    else if (String(found.shape) !== String(from.shape))
      sizes.add(`${from.name} [${found.shape}] instead of [${from.shape}]`);
    else weights[parameter] = { shape: [...shape], data: from.take?.(found.data) ?? found.data };
  }
  const others = Object.keys(tensors).filter((name) => !known.has(name));
  const unknown = others.filter((name) => !isUnused(name));
  const faults = [
    ...(missing.size > 0 ? [`missing: ${some(missing)}`] : []),
    ...(sizes.size > 0 ? [`of another size: ${some(sizes)}`] : []),
    ...(unknown.length > 0 ? [`unknown: ${some(unknown.map(show))}`] : []),
  ];
  if (faults.length > 0) throw new WrongUse(`These weights do not fit ${network}'s network: ${faults.join("; ")}.`);
  return { weights, unused: others };
}

/**
 * Outputs `from` … `from` + `outputs` − 1 of a published linear layer [all outputs, inputs] as one of ours, [inputs, outputs]. `row` says
 * which of these rows an output is, where they stand in another order.
 */
export function linearWeight(
  data: Float32Array,
  [inputs, outputs]: readonly number[],
  { from = 0, row = (output) => output }: { from?: number; row?: (output: number) => number } = {},
): Float32Array {
  const out = new Float32Array(inputs * outputs);
  for (let o = 0; o < outputs; o++) {
    const start = (from + row(o)) * inputs;
    for (let i = 0; i < inputs; i++) out[i * outputs + o] = data[start + i];
  }
  return out;
}

/**
 * A weight [inputs, outputs] or a bias of ours that is the rows from `from` on of a published linear layer's, of which
 * there are `rows`; default: all of them.
 */
export function linearRows(
  shape: readonly number[],
  { from = 0, rows = shape.at(-1)! }: { from?: number; rows?: number } = {},
): Pick<Published, "shape" | "take"> {
  const outputs = shape.at(-1)!;
  if (shape.length === 1) return { shape: [rows], take: (data) => data.slice(from, from + outputs) };
  return { shape: [rows, shape[0]], take: (data) => linearWeight(data, shape, { from }) };
}

/**
 * A weight [inputs, outputs] or a bias of ours that is the columns from `from` on of a published linear layer's
 * [inputs, columns], as Flax has them.
 */
export function linearColumns(
  shape: readonly number[],
  { from, columns }: { from: number; columns: number },
): Pick<Published, "shape" | "take"> {
  const outputs = shape.at(-1)!;
  return {
    shape: [...shape.slice(0, -1), columns],
    take(data) {
      const rows = data.length / columns;
      const out = new Float32Array(rows * outputs);
      for (let i = 0; i < rows; i++)
        out.set(data.subarray(i * columns + from, i * columns + from + outputs), i * outputs);
      return out;
    },
  };
}

/** The number of different layers whose names a pattern's first group numbers. */
export const layersOf = (tensors: Weights, pattern: RegExp): number =>
  new Set(Object.keys(tensors).flatMap((name) => pattern.exec(name)?.[1] ?? [])).size;

/** Size of an axis of a tensor of `project`; `hint` says which tensors there should be. @throws WrongUse where it is missing. */
export function axisOf(tensors: Weights, name: string, axis: number, project: string, hint: string): number {
  const size = tensors[name]?.shape[axis];
  if (size === undefined) throw new WrongUse(`These are no weights of ${project}: ${name} is missing. ${hint}`);
  return size;
}

/** A network of the sizes that published weights have. @throws WrongUse where there can be none. */
export function publishedShape<S>(architecture: Pick<Architecture<S>, "shape">, network: S): S {
  try {
    return trainableShape(architecture, network);
  } catch (error) {
    throw new WrongUse((error as Error).message.replace("These settings", "Weights of these sizes"), { cause: error });
  }
}
