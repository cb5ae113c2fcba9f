import type { ByteReader } from "./byte-reader.js";
import { fromFloat16, toFloat16 } from "./float16.js";
import {
  BYTES,
  broken,
  type DataType,
  elementCount,
  headerLength,
  PREFIX,
  parseHeader,
  requireData,
  type SafetensorsHeader,
} from "./safetensors-header.js";

export type { DataType, SafetensorsHeader } from "./safetensors-header.js";

export type TensorData = Float32Array | Float64Array | Int32Array | BigInt64Array | Int8Array | Uint8Array;

/** A named array of a file. `data` is row-major; its length is the product of `shape`. */
export interface TensorRecord {
  shape: number[];
  data: TensorData;
}

/** A tensor as read: F16 and BF16 come widened to `Float32Array`; `dtype` is what the file holds. */
export interface StoredTensor extends TensorRecord {
  dtype: DataType;
}

export interface SafetensorsFile {
  tensors: Record<string, StoredTensor>;
  metadata: Record<string, string>;
}

export interface SafetensorsOptions {
  /** How `Float32Array`s are stored. Default "float32". */
  dtype?: "float32" | "float16";
  metadata?: Record<string, string>;
}

/**
 * Encodes tensors in the safetensors format: u64 header length, JSON header padded to 8 bytes, then the data without
 * gaps. Throws if a length does not match its shape or a finite value does not fit float16 (|x| ≥ 65520).
 */
export function encodeSafetensors(tensors: Record<string, TensorRecord>, options: SafetensorsOptions = {}): Uint8Array {
  const chunks = safetensorsChunks(tensors, options);
  const bytes = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.byteLength, 0));
  let offset = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, offset);
    offset += chunk.byteLength;
  }
  return bytes;
}

/** The pieces of `encodeSafetensors` in file order, to be written without joining them in memory. */
export function safetensorsChunks(
  tensors: Record<string, TensorRecord>,
  { dtype = "float32", metadata = {} }: SafetensorsOptions = {},
): Uint8Array[] {
  const half = dtype === "float16";
  const stored = Object.entries(tensors).map(([name, tensor]) => store(name, tensor, half));
  stored.sort((a, b) => BYTES[b.dtype] - BYTES[a.dtype]);
  const header: Record<string, unknown> = Object.keys(metadata).length ? { __metadata__: metadata } : {};
  let offset = 0;
  for (const { name, dtype, shape, bytes } of stored) {
    if (name === "__metadata__") throw new Error('A tensor cannot be called "__metadata__": the format reserves it.');
    header[name] = { dtype, shape, data_offsets: [offset, (offset += bytes.byteLength)] };
  }
  const json = new TextEncoder().encode(JSON.stringify(header));
  const head = new Uint8Array(8 + Math.ceil(json.length / 8) * 8).fill(0x20);
  new DataView(head.buffer).setBigUint64(0, BigInt(head.length - 8), true);
  head.set(json, 8);
  return [head, ...stored.map(({ bytes }) => bytes)];
}

function store(name: string, { shape, data }: TensorRecord, half: boolean) {
  const size = elementCount(shape);
  if (size === undefined || data.length !== size)
    throw new Error(`Tensor "${name}": shape [${shape}] does not fit ${data.length} values.`);
  const narrow = half && data instanceof Float32Array;
  const dtype = narrow ? "F16" : dataType(name, data);
  const array = narrow ? toFloat16(data) : data;
  if (narrow) {
    const overflow = data.findIndex((value) => Math.abs(value) >= 65520 && Number.isFinite(value));
    if (overflow >= 0)
      throw new Error(`Tensor "${name}": ${data[overflow]} does not fit float16 (largest 65504). Store it as float32.`);
  }
  return { name, dtype, shape, bytes: new Uint8Array(array.buffer, array.byteOffset, array.byteLength) };
}

function dataType(name: string, data: TensorData): DataType {
  if (data instanceof Float32Array) return "F32";
  if (data instanceof Float64Array) return "F64";
  if (data instanceof Int32Array) return "I32";
  if (data instanceof BigInt64Array) return "I64";
  if (data instanceof Int8Array) return "I8";
  if (data instanceof Uint8Array) return "U8";
  throw new Error(
    `Tensor "${name}" holds a ${(data as object)?.constructor?.name}; Float32Array, Float64Array, Int32Array, BigInt64Array, Int8Array or Uint8Array can be stored.`,
  );
}

/**
 * Decodes a safetensors file. Everything that the header says is checked against the format and against the number of
 * bytes before any tensor is allocated; the arrays are copies, independent of `bytes`.
 */
export function decodeSafetensors(bytes: Uint8Array): SafetensorsFile {
  requirePrefix(bytes.length);
  const dataStart = PREFIX + headerLength(bytes);
  requireHeader(dataStart, bytes.length);
  const header = parseHeader(bytes.subarray(PREFIX, dataStart));
  requireData(header, bytes.length - dataStart);
  return decodeTensors(header, bytes.subarray(dataStart));
}

export interface ReadOptions {
  /** Told the header before any of the data are read; may refuse it by throwing. */
  accept?(header: SafetensorsHeader): void;
  /** Bytes of the header at most; default the format's 100 MB. */
  maxHeader?: number;
}

/** Reads a safetensors file: first its header, and the data only where that is sound and accepted. */
export async function readSafetensors(
  reader: ByteReader,
  { accept, maxHeader }: ReadOptions = {},
): Promise<SafetensorsFile> {
  const { size } = reader;
  if (size !== null) requirePrefix(size);
  const dataStart = PREFIX + headerLength(await reader.take(PREFIX), maxHeader);
  if (size !== null) requireHeader(dataStart, size);
  const header = parseHeader(await reader.take(dataStart - PREFIX));
  if (size !== null) requireData(header, size - dataStart);
  accept?.(header);
  const data = await reader.take(header.dataBytes);
  await reader.rest(0);
  return decodeTensors(header, data);
}

function requirePrefix(size: number): void {
  if (size < PREFIX) throw broken(`it has ${size} bytes, fewer than the ${PREFIX} of the header length`);
}

function requireHeader(dataStart: number, size: number): void {
  if (dataStart > size)
    throw broken(`its header claims ${dataStart - PREFIX} bytes, but the file has ${size}. It may be truncated`);
}

function decodeTensors({ entries, metadata }: SafetensorsHeader, data: Uint8Array): SafetensorsFile {
  const tensors = entries.map(({ name, dtype, shape, begin, end }) => {
    const raw = new Uint8Array(data.subarray(begin, end));
    return [name, { dtype, shape, data: tensorData(dtype, raw.buffer) }] as const;
  });
  return { tensors: Object.fromEntries(tensors), metadata };
}

/** Little-endian numbers as a file holds them, as an array; F16 and BF16 widened. The buffer may be taken over. */
export function tensorData(dtype: DataType, buffer: ArrayBuffer): TensorData {
  switch (dtype) {
    case "F64":
      return new Float64Array(buffer);
    case "F32":
      return new Float32Array(buffer);
    case "F16":
      return fromFloat16(new Uint16Array(buffer));
    case "BF16":
      return new Float32Array(Uint32Array.from(new Uint16Array(buffer), (bits) => bits << 16).buffer);
    case "I64":
      return new BigInt64Array(buffer);
    case "I32":
      return new Int32Array(buffer);
    case "I8":
      return new Int8Array(buffer);
    case "U8":
      return new Uint8Array(buffer);
  }
}
