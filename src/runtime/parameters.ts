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
 * vectors of the same layout. A parameter belongs to one flat vector at a time.
 */
export class Parameters implements Iterable<Parameter> {
  readonly flat: Float32Array;
  readonly entries: readonly ParameterEntry[];

  /**
   * Parameters without values get a new vector of zeros; those that lie side by side in a vector become a view of it.
   * Nothing is moved. @throws where their values lie in several places.
   */
  constructor(named: Iterable<readonly [string, Parameter]>) {
    this.entries = layout(named);
    const { entries } = this;
    const size = sizeOfAll(entries);
    const existing = adjacentView(entries, size);
    this.flat = existing ?? new Float32Array(size);
    if (existing) return;
    const taken = entries.find(({ parameter }) => parameter.value);
    if (taken)
      throw new Error(
        `The parameter "${taken.name}" already has its value in another vector, apart from the others; ask for the parameters of the ` +
          "whole network first, or move them into one vector with join.",
      );
    for (const { parameter, offset, size } of entries) parameter.value = this.flat.subarray(offset, offset + size);
  }

  /**
   * Moves the values of parameters into one new vector, unless they lie in one as it is. Vectors that they come from go
   * stale: make optimisers and averages afterwards. Parameters without values become zeros.
   */
  static join(named: Iterable<readonly [string, Parameter]>): Parameters {
    const entries = layout(named);
    const list = entries.map(({ name, parameter }) => [name, parameter] as const);
    if (adjacentView(entries, sizeOfAll(entries))) return new Parameters(list);
    const values = entries.map(({ parameter }) => parameter.value);
    for (const { parameter } of entries) parameter.value = null;
    const joined = new Parameters(list);
    entries.forEach(({ parameter }, i) => void (values[i] && parameter.value!.set(values[i])));
    return joined;
  }

  /** Number of scalars. */
  get count(): number {
    return this.flat.length;
  }

  *[Symbol.iterator](): Iterator<Parameter> {
    for (const { parameter } of this.entries) yield parameter;
  }

  /** Draws every initial value, each from a stream of its own that is named by its path. */
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

/** Where each distinct parameter goes; shared weights are stored once, under their first name. */
function layout(named: Iterable<readonly [string, Parameter]>): ParameterEntry[] {
  const entries: ParameterEntry[] = [];
  const seen = new Set<Parameter>();
  let offset = 0;
  for (const [name, parameter] of named) {
    if (seen.has(parameter)) continue;
    seen.add(parameter);
    if (name.length > (parameter.name?.length ?? 0)) parameter.name = name;
    const size = sizeOf(parameter.shape);
    entries.push({ name, parameter, shape: parameter.shape, offset, size });
    offset += size;
  }
  return entries;
}

const sizeOfAll = (entries: readonly ParameterEntry[]): number => entries.reduce((sum, { size }) => sum + size, 0);

/**
 * The part of a flat vector that already holds exactly these parameters in this order (a module within a larger one),
 * if there is one.
 */
function adjacentView(entries: readonly ParameterEntry[], size: number): Float32Array | null {
  const first = entries[0]?.parameter.value;
  if (!first) return null;
  const adjacent = entries.every(
    ({ parameter: { value }, offset }) =>
      value?.buffer === first.buffer && value.byteOffset === first.byteOffset + 4 * offset,
  );
  return adjacent ? new Float32Array(first.buffer, first.byteOffset, size) : null;
}
