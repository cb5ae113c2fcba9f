/** How weights are stored: as floats, or their large tensors in blocks (see `inBlocks`). */
export const WEIGHT_TYPES = ["float32", "float16", "int8", "int4"] as const;
export type WeightType = (typeof WEIGHT_TYPES)[number];
