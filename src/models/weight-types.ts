import { BLOCK_TYPES } from "../io/blocks.js";
import type { DataType } from "../io/safetensors.js";

/** How weights are stored: as floats, or their large tensors in blocks (see `inBlocks`). */
export const WEIGHT_TYPES = ["float32", "float16", ...BLOCK_TYPES] as const;
export type WeightType = (typeof WEIGHT_TYPES)[number];

/** How a file's weights can be stored: as this package writes them, or others. */
export type StoredType = WeightType | "bfloat16";

/** How a file's weights are stored, by the coarsest of its tensors. */
export function storedType(tensors: Readonly<Record<string, { dtype: DataType }>>): StoredType {
  const types = new Set(Object.values(tensors).map(({ dtype }) => dtype));
  if (types.has("U8")) return "int4";
  if (types.has("I8")) return "int8";
  if (types.has("BF16")) return "bfloat16";
  return types.has("F16") ? "float16" : "float32";
}

const bits: Record<StoredType, number> = { float32: 32, float16: 16, bfloat16: 16, int8: 8, int4: 4 };

/** Whether a type could hold more than what is stored so has left. */
export const isFiner = (type: StoredType, than: StoredType): boolean => bits[type] > bits[than];
