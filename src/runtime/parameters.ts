import { Random } from "../random/index.js";
import type { Parameter } from "../tensor/leaves.js";
import { type Shape, sameShape, showShape, sizeOf } from "../tensor/shape.js";

export interface ParameterEntry {
  /** Path in the module tree, e.g. `blocks.3.attention.query.weight`. */
  readonly name: string;
  readonly parameter: Parameter;
  readonly shape: Shape;
  /** First element in the flat vector. */
  readonly offset: number;
  readonly size: number;
}

/** Values by name, row-major. */
export type ParameterRecord = Record<string, { shape: readonly number[]; data: ArrayLike<number> }>;

/**
 * Named parameters whose values are views into one flat vector. Gradients, optimiser state and weight averages are flat
 * vectors of the same layout. A parameter belongs to one flat vector at a time: a set that lies within an existing vector
 * becomes a view of it; any other set of parameters that already have values moves the values into a new vector.
 */
export class Parameters implements Iterable<Parameter> {
  readonly flat: Float32Array;
  readonly entries: readonly ParameterEntry[];

  /**
   * New parameters are initialised from a seed, each from a stream of its own, named by its path; or all take the values of a record, and
   * nothing is drawn. Throws, before anything is allocated, where the record lacks a name or a shape differs.
   */
  constructor(named: Iterable<readonly [string, Parameter]>, from: number | ParameterRecord = 0) {
    const entries: ParameterEntry[] = [];
    let offset = 0;
    const seen = new Set<Parameter>();
    for (const [name, parameter] of named) {
      if (seen.has(parameter)) continue; // shared weights are stored once, under their first name
      seen.add(parameter);
      const size = sizeOf(parameter.shape);
      entries.push({ name, parameter, shape: parameter.shape, offset, size });
      offset += size;
    }
    this.entries = entries;
    const record = typeof from === "object" ? from : null;
    if (record) requireValues(entries, record);
    const existing = adjacentView(entries, offset);
    this.flat = existing ?? new Float32Array(offset);
    if (existing) {
      if (record) this.load(record);
      return;
    }
    for (const { name, parameter, shape, offset: at, size } of entries) {
      const view = this.flat.subarray(at, at + size);
      if (record) view.set(record[name].data);
      else if (parameter.value) view.set(parameter.value);
      else parameter.initialize(view, shape, new Random(from as number, name));
      parameter.value = view;
    }
  }

  /** Number of scalars. */
  get count(): number {
    return this.flat.length;
  }

  *[Symbol.iterator](): Iterator<Parameter> {
    for (const { parameter } of this.entries) yield parameter;
  }

  /** Draws every initial value anew. */
  initialize(seed: number): void {
    for (const { name, parameter, shape } of this.entries) {
      parameter.value!.fill(0);
      parameter.initialize(parameter.value!, shape, new Random(seed, name));
    }
  }

  /** The values by name, as copies; of this layout's `vector` where given (an average, say). */
  toRecord(vector: Float32Array = this.flat): Record<string, { shape: number[]; data: Float32Array }> {
    return Object.fromEntries(
      this.entries.map(({ name, shape, offset, size }) => [
        name,
        { shape: [...shape], data: vector.slice(offset, offset + size) },
      ]),
    );
  }

  /** Sets all values by name. Throws, and changes nothing, where a name is missing or a shape differs. */
  load(record: ParameterRecord): void {
    requireValues(this.entries, record);
    for (const { name, offset } of this.entries) this.flat.set(record[name].data, offset);
  }
}

/** Throws unless a record has every name, in the parameters' shapes; looks at no values. */
export function requireValues(
  entries: Iterable<{ readonly name: string; readonly shape: Shape }>,
  record: Readonly<Record<string, { readonly shape: readonly number[] }>>,
): void {
  for (const { name, shape } of entries) {
    if (!Object.hasOwn(record, name))
      throw new Error(`The weights have no tensor "${name}" of shape ${showShape(shape)}.`);
    const found = record[name].shape;
    if (!sameShape(found, shape))
      throw new Error(`The weights' tensor "${name}" has ${axes(found)}, the network needs ${showShape(shape)}.`);
  }
}

/** A shape from a file, which may be of any length. */
const axes = (shape: Shape) => (shape.length > 8 ? `${shape.length} axes` : `shape ${showShape(shape)}`);

/** The part of a flat vector that already holds exactly these parameters in this order (a module within a larger one), if there is one. */
function adjacentView(entries: readonly ParameterEntry[], size: number): Float32Array | null {
  const first = entries[0]?.parameter.value;
  if (!first) return null;
  const adjacent = entries.every(
    ({ parameter: { value }, offset }) =>
      value?.buffer === first.buffer && value.byteOffset === first.byteOffset + 4 * offset,
  );
  return adjacent ? new Float32Array(first.buffer, first.byteOffset, size) : null;
}
