import type { TensorRecord } from "../io/index.js";
import type { Parameters } from "../runtime/parameters.js";

/**
 * Something that a checkpoint keeps. The state is JSON in which typed arrays may stand anywhere, also as
 * `{ shape, data }`; `load` puts the same object back to exactly this state.
 */
export interface Stateful {
  state(): unknown;
  /** Throws where the state does not fit. */
  load(state: any): void;
}

/** What a checkpoint keeps; parameters are kept by name, so that the file explains itself. */
export type Kept = Stateful | Parameters;

type TypedArray = TensorRecord["data"] | Uint32Array;

/**
 * States as a JSON tree, in which `{ $tensor: name, as }` stands for the tensor of that name: as "tensor" with its
 * shape, as "vector" only its data, as "unsigned" these as Uint32Array.
 */
export interface Packed {
  tree: Record<string, unknown>;
  tensors: Record<string, TensorRecord>;
}

const isTypedArray = (value: unknown): value is TypedArray => ArrayBuffer.isView(value) && !(value instanceof DataView);
const isTensor = (value: object): value is TensorRecord =>
  "shape" in value && "data" in value && isTypedArray(value.data);
const mapValues = (object: object, map: (value: unknown, key: string) => unknown) =>
  Object.fromEntries(Object.entries(object).map(([key, value]) => [key, map(value, key)]));

/** Collects the states of `kept`; tensors are named by their path, such as `optimizer/vectors/m`. */
export function pack(kept: Record<string, Kept>): Packed {
  const tensors: Record<string, TensorRecord> = {};
  function walk(value: unknown, path: string): unknown {
    if (isTypedArray(value)) {
      const unsigned = value instanceof Uint32Array; // the file format has no such type
      tensors[path] = {
        shape: [value.length],
        data: unsigned ? new Int32Array(value.buffer, value.byteOffset, value.length) : value,
      };
      return { $tensor: path, as: unsigned ? "unsigned" : "vector" };
    }
    if (typeof value === "object" && value !== null) {
      if (isTensor(value)) {
        tensors[path] = { shape: [...value.shape], data: value.data };
        return { $tensor: path, as: "tensor" };
      }
      if (Array.isArray(value)) return value.map((item, i) => walk(item, `${path}/${i}`));
      return mapValues(value, (item, key) => walk(item, `${path}/${key}`));
    }
    if (
      typeof value === "bigint" ||
      typeof value === "function" ||
      (typeof value === "number" && !Number.isFinite(value))
    )
      throw new Error(`The state "${path}" is ${value} (${typeof value}), which a checkpoint cannot keep.`);
    return value;
  }
  const tree = mapValues(kept, (owner, name) =>
    walk("toRecord" in (owner as Kept) ? (owner as Parameters).toRecord() : (owner as Stateful).state(), name),
  );
  return { tree, tensors };
}

/** Puts every owner back to its packed state. Throws, naming the owner, where one is missing or does not fit. */
export function unpack({ tree, tensors }: Packed, kept: Record<string, Kept>): void {
  function walk(value: unknown): unknown {
    if (typeof value !== "object" || value === null) return value;
    if (Array.isArray(value)) return value.map(walk);
    if ("$tensor" in value && "as" in value) {
      const tensor = tensors[String(value.$tensor)];
      if (value.as === "tensor") return tensor;
      return value.as === "unsigned" ? new Uint32Array(tensor.data.buffer) : tensor.data;
    }
    return mapValues(value, walk);
  }
  for (const [name, owner] of Object.entries(kept)) {
    if (!(name in tree)) throw new Error(`it keeps no "${name}", only ${Object.keys(tree).join(", ") || "nothing"}`);
    try {
      owner.load(walk(tree[name]) as any);
    } catch (error) {
      throw new Error(`its "${name}" does not fit: ${(error as Error).message}`, { cause: error });
    }
  }
}
