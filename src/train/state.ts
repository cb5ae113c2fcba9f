import { Random } from "../random/index.js";
import type { Parameters } from "../runtime/parameters.js";

/**
 * Something that a checkpoint keeps. The state is JSON in which typed arrays may stand anywhere, also as
 * `{ shape, data }`; `load` puts the same object back to exactly this state.
 */
export interface Stateful {
  state(): unknown;
  /** Throws where the state does not fit. */
  // biome-ignore lint/suspicious/noExplicitAny: each owner knows its own state.
  load(state: any): void;
}

/** What a checkpoint keeps; parameters are kept by name, so that the file explains itself. */
export type Kept = Stateful | Parameters | Random;

type TypedArray = Float32Array | Float64Array | Int32Array | Uint32Array | Uint16Array | Uint8Array;

export interface StoredTensor {
  shape: number[];
  data: TypedArray;
}

/** States as a JSON tree, in which `{ $vector: name }` and `{ $tensor: name }` stand for the tensor of that name. */
export interface Packed {
  tree: Record<string, unknown>;
  tensors: Record<string, StoredTensor>;
}

const isTypedArray = (value: unknown): value is TypedArray => ArrayBuffer.isView(value) && !(value instanceof DataView);
const isTensor = (value: object): value is StoredTensor => "shape" in value && "data" in value && isTypedArray(value.data);
const mapValues = (object: object, map: (value: unknown, key: string) => unknown) =>
  Object.fromEntries(Object.entries(object).map(([key, value]) => [key, map(value, key)]));

/** Collects the states of `kept`; tensors are named by their path, such as `optimizer/vectors/m`. */
export function pack(kept: Record<string, Kept>): Packed {
  const tensors: Record<string, StoredTensor> = {};
  function walk(value: unknown, path: string): unknown {
    if (isTypedArray(value)) {
      tensors[path] = { shape: [value.length], data: value };
      return { $vector: path };
    }
    if (typeof value === "object" && value !== null) {
      if (isTensor(value)) {
        tensors[path] = { shape: [...value.shape], data: value.data };
        return { $tensor: path };
      }
      if (Array.isArray(value)) return value.map((item, i) => walk(item, `${path}/${i}`));
      return mapValues(value, (item, key) => walk(item, `${path}/${key}`));
    }
    if (typeof value === "bigint" || typeof value === "function" || (typeof value === "number" && !Number.isFinite(value)))
      throw new Error(`The state "${path}" is ${value} (${typeof value}), which a checkpoint cannot keep.`);
    return value;
  }
  const tree = mapValues(kept, (owner, name) => walk("toRecord" in (owner as Kept) ? (owner as Parameters).toRecord() : (owner as Stateful).state(), name));
  return { tree, tensors };
}

/** Puts every owner back to its packed state. Throws, naming the owner, where one is missing or does not fit. */
export function unpack({ tree, tensors }: Packed, kept: Record<string, Kept>): void {
  function walk(value: unknown): unknown {
    if (typeof value !== "object" || value === null) return value;
    if (Array.isArray(value)) return value.map(walk);
    if ("$vector" in value) return tensors[String(value.$vector)]?.data;
    if ("$tensor" in value) return tensors[String(value.$tensor)];
    return mapValues(value, walk);
  }
  for (const [name, owner] of Object.entries(kept)) {
    if (!(name in tree)) throw new Error(`it keeps no "${name}", only ${Object.keys(tree).join(", ") || "nothing"}`);
    try {
      // biome-ignore lint/suspicious/noExplicitAny: the owner checks its state.
      const state = walk(tree[name]) as any;
      if (owner instanceof Random) Object.assign(owner, Random.fromState(state));
      else owner.load(state);
    } catch (error) {
      throw new Error(`its "${name}" does not fit: ${(error as Error).message}`, { cause: error });
    }
  }
}
