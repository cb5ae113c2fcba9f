import { fromFloat16, toFloat16 } from "./float16.js";
import type { DataType, StoredTensor, TensorRecord } from "./safetensors.js";
import { show } from "./show.js";

/** How numbers of blocks are stored, from the finer one on. */
export const BLOCK_TYPES = ["int8", "int4"] as const;
export type BlockType = (typeof BLOCK_TYPES)[number];
/** How many bits each has. */
export const BLOCK_BITS = { int8: 8, int4: 4 } as const satisfies Record<BlockType, number>;

/** Consecutive numbers, in the file's order, that share a scale. */
const BLOCK = 32;
/** Tensors with fewer numbers, or of one axis, stay float16: they are little of a file and much of what it computes. */
const SMALLEST = 1024;
const SCALES = ".scales";

type Floats = Record<string, { shape: number[]; data: Float32Array }>;

/**
 * Weights with their large tensors in blocks: x ≈ s·q, where s = max|x| / (2^(bits − 1) − 1) of a block of 32 numbers,
 * as float16, and q is whole. A tensor `w` becomes `w` (I8; or U8 with two numbers in a byte along the last axis, the
 * first in the low half, 8 added to each) and `w.scales`. Int4 leaves tensors with an odd last axis to int8.
 * @throws where a number is not finite
 */
export function inBlocks(weights: Floats, type: BlockType): Record<string, TensorRecord> {
  return Object.fromEntries(
    Object.entries(weights).flatMap(([name, { shape, data }]): [string, TensorRecord][] => {
      if (shape.length < 2 || data.length < SMALLEST) return [[name, { shape, data }]];
      const half = type === "int4" && shape[shape.length - 1] % 2 === 0;
      const { whole, scales } = rounded(name, data, half ? 7 : 127);
      const values = half ? { shape: halved(shape), data: packed(whole) } : { shape, data: whole };
      return [
        [name, values],
        [name + SCALES, { shape: [scales.length], data: scales }],
      ];
    }),
  );
}

function rounded(name: string, data: Float32Array, most: number): { whole: Int8Array; scales: Float32Array } {
  const whole = new Int8Array(data.length);
  const scales = new Float32Array(Math.ceil(data.length / BLOCK));
  for (let b = 0; b < scales.length; b++) {
    const block = data.subarray(b * BLOCK, (b + 1) * BLOCK);
    const largest = block.reduce((max, v) => Math.max(max, Math.abs(v)), 0);
    if (!Number.isFinite(largest)) throw new Error(`Tensor ${show(name)} has numbers that are not finite.`);
    const [scale] = fromFloat16(toFloat16(Float32Array.of(largest / most)));
    if (!Number.isFinite(scale)) throw new Error(`Tensor ${show(name)}: ${largest} is too large for blocks.`);
    scales[b] = scale;
    if (scale === 0) continue;
    for (let i = 0; i < block.length; i++)
      whole[b * BLOCK + i] = Math.max(-most, Math.min(most, Math.round(block[i] / scale)));
  }
  return { whole, scales };
}

const halved = (shape: readonly number[]) => [...shape.slice(0, -1), shape[shape.length - 1] / 2];
const doubled = (shape: readonly number[]) => [...shape.slice(0, -1), shape[shape.length - 1] * 2];

const packed = (whole: Int8Array) =>
  Uint8Array.from({ length: whole.length / 2 }, (_, i) => (whole[2 * i] + 8) | ((whole[2 * i + 1] + 8) << 4));

/** What a file's tensors are as weights: names and shapes, with blocks unfolded. @throws where they are no weights */
export function weightShapes(
  entries: readonly { name: string; dtype: DataType; shape: number[] }[],
): Record<string, { shape: number[] }> {
  const known = new Map(entries.map((entry) => [entry.name, entry]));
  return Object.fromEntries(
    entries.flatMap(({ name, dtype, shape }): [string, { shape: number[] }][] => {
      if (isScales(name, known)) return [];
      if (/^B?F/.test(dtype)) return [[name, { shape }]];
      const scales = known.get(name + SCALES);
      if (!isWhole(dtype) || !scales)
        throw new Error(`The weights' tensor ${show(name)} is ${dtype}, and weights are floats.`);
      const full = dtype === "U8" ? doubled(shape) : shape;
      const blocks = Math.ceil(full.reduce((product, n) => product * n, 1) / BLOCK);
      if (scales.dtype !== "F16" || scales.shape.length !== 1 || scales.shape[0] !== blocks)
        throw new Error(
          `The weights' tensor ${show(scales.name)} is ${scales.dtype} [${scales.shape}]; the blocks of ${show(name)} need F16 [${blocks}].`,
        );
      return [[name, { shape: full }]];
    }),
  );
}

const isWhole = (dtype: DataType) => dtype === "I8" || dtype === "U8";

const isScales = (name: string, known: ReadonlyMap<string, { dtype: DataType }>) => {
  const of = name.endsWith(SCALES) && known.get(name.slice(0, -SCALES.length));
  return Boolean(of && isWhole(of.dtype));
};

/** Weights of a file's tensors, whose entries `weightShapes` has accepted. */
export function fromBlocks(tensors: Readonly<Record<string, StoredTensor>>): Floats {
  const known = new Map(Object.entries(tensors));
  return Object.fromEntries(
    Object.entries(tensors).flatMap(([name, { dtype, shape, data }]): [string, Floats[string]][] => {
      if (isScales(name, known)) return [];
      if (!isWhole(dtype)) return [[name, { shape, data: data as Float32Array }]];
      const scales = tensors[name + SCALES].data as Float32Array;
      if (dtype === "I8")
        return [
          [name, { shape, data: Float32Array.from(data as Int8Array, (q, i) => q * scales[Math.floor(i / BLOCK)]) }],
        ];
      const bytes = data as Uint8Array;
      const values = Float32Array.from({ length: bytes.length * 2 }, (_, i) => {
        const byte = bytes[i >> 1];
        return ((i % 2 ? byte >> 4 : byte & 15) - 8) * scales[Math.floor(i / BLOCK)];
      });
      return [[name, { shape: doubled(shape), data: values }]];
    }),
  );
}
