import { describe } from "./shape.js";
import type { DType } from "./tensor.js";

export type TensorData = Float32Array | Int32Array | Uint8Array;

/** Whether a list can hold no other than whole numbers (and, of a tensor's dtype, nothing that would be changed). */
const asIs = (list: unknown, dtype: DType): boolean =>
  dtype === "float32"
    ? [Float32Array, Float64Array, Int32Array, Uint8Array].some((of) => list instanceof of)
    : dtype === "int32" &&
      [Int32Array, Int16Array, Int8Array, Uint16Array, Uint8Array].some((of) => list instanceof of);

/** Throws where an entry is no number, or one that the dtype would change. */
function check(list: ArrayLike<unknown>, dtype: DType, what: string): void {
  for (let i = 0; i < list.length; i++) {
    const value = list[i];
    if (typeof value === "boolean" && dtype !== "float32") continue;
    if (typeof value !== "number")
      throw new Error(
        `${what}: value ${i} is ${describe(value)}, not a number${Array.isArray(value) ? "; give one flat list, row by row" : ""}.`,
      );
    if (dtype === "int32" && (value | 0) !== value)
      throw new Error(`${what}: value ${i} is ${value}, not a whole number of 32 bits, as int32 needs.`);
    if (dtype === "bool" && value !== 0 && value !== 1)
      throw new Error(`${what}: value ${i} is ${value}; a bool is true, false, 1 or 0.`);
  }
}

/**
 * Numbers as the data of a dtype: an array of that very type as it is, other lists of numbers converted. @throws on
 * strings, nested lists and whatever else is no list of numbers, on fractions for int32, and on others than 0 and 1 for
 * bool.
 */
export function toData(values: unknown, dtype: DType, what: string): TensorData {
  const list = typeof values === "number" || typeof values === "boolean" ? [values] : values;
  if (!Array.isArray(list) && (!ArrayBuffer.isView(list) || list instanceof DataView))
    throw new Error(`${what}: takes a number or a flat list of numbers, got ${describe(values)}.`);
  const numbers = list as unknown as ArrayLike<number>;
  if (!asIs(list, dtype)) check(numbers, dtype, what);
  if (dtype === "float32") return numbers instanceof Float32Array ? numbers : Float32Array.from(numbers);
  if (dtype === "int32") return numbers instanceof Int32Array ? numbers : Int32Array.from(numbers);
  return Uint8Array.from(numbers);
}
