import { fromFloat16, toFloat16 } from "./float16.js";

export type TensorData = Float32Array | Float64Array | Int32Array | BigInt64Array | Uint8Array;

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

const BYTES = { F64: 8, F32: 4, F16: 2, BF16: 2, I64: 8, I32: 4, U8: 1 } as const;
export type DataType = keyof typeof BYTES;

interface Entry {
  name: string;
  dtype: DataType;
  shape: number[];
  begin: number;
  end: number;
}

const MAX_HEADER = 100_000_000;

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
  if (data instanceof Uint8Array) return "U8";
  throw new Error(
    `Tensor "${name}" holds a ${(data as object)?.constructor?.name}; Float32Array, Float64Array, Int32Array, BigInt64Array or Uint8Array can be stored.`,
  );
}

/**
 * Decodes a safetensors file. Everything that the header says is checked against the format and against the number of
 * bytes before any tensor is allocated; the arrays are copies, independent of `bytes`.
 */
export function decodeSafetensors(bytes: Uint8Array): SafetensorsFile {
  const { entries, metadata, dataStart } = parseHeader(bytes);
  const tensors = entries.map(({ name, dtype, shape, begin, end }) => {
    const raw = new Uint8Array(bytes.subarray(dataStart + begin, dataStart + end));
    return [name, { dtype, shape, data: view(dtype, raw.buffer) }] as const;
  });
  return { tensors: Object.fromEntries(tensors), metadata };
}

function view(dtype: DataType, buffer: ArrayBuffer): TensorData {
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
    case "U8":
      return new Uint8Array(buffer);
  }
}

function parseHeader(bytes: Uint8Array): { entries: Entry[]; metadata: Record<string, string>; dataStart: number } {
  if (bytes.length < 8) throw broken(`it has ${bytes.length} bytes, fewer than the 8 of the header length`);
  const declared = new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0, true);
  if (declared > BigInt(MAX_HEADER)) throw broken(`its header claims ${declared} bytes (at most ${MAX_HEADER})`);
  const dataStart = 8 + Number(declared);
  if (dataStart > bytes.length)
    throw broken(`its header claims ${declared} bytes, but the file has ${bytes.length}. It may be truncated`);
  const header = parseJson(bytes.subarray(8, dataStart));
  const { __metadata__: metadata = {}, ...rest } = header;
  if (!isRecord(metadata) || !Object.values(metadata).every((value) => typeof value === "string"))
    throw broken("its metadata is not a map from strings to strings");
  const entries = Object.entries(rest).map(([name, value]) => checkEntry(name, value));
  checkLayout(entries, bytes.length - dataStart);
  return { entries, metadata: metadata as Record<string, string>, dataStart };
}

function parseJson(bytes: Uint8Array): Record<string, unknown> {
  let header: unknown;
  try {
    header = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (error) {
    throw broken(`its header is not JSON (${(error as Error).message})`);
  }
  if (!isRecord(header)) throw broken("its header is not a JSON object");
  return header;
}

function checkEntry(name: string, value: unknown): Entry {
  if (!isRecord(value)) throw broken(`tensor "${name}" has no description`);
  const { dtype, shape, data_offsets: offsets } = value;
  if (typeof dtype !== "string" || !Object.hasOwn(BYTES, dtype))
    throw broken(`tensor "${name}" has dtype ${JSON.stringify(dtype)}; known are ${Object.keys(BYTES).join(", ")}`);
  const size = Array.isArray(shape) ? elementCount(shape) : undefined;
  if (size === undefined) throw broken(`tensor "${name}" has shape ${JSON.stringify(shape)}`);
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isLength) || offsets[0] > offsets[1])
    throw broken(`tensor "${name}" has data_offsets ${JSON.stringify(offsets)}`);
  const [begin, end] = offsets as [number, number];
  const needed = size * BYTES[dtype as DataType];
  if (end - begin !== needed)
    throw broken(`tensor "${name}" (${dtype} [${shape}]) needs ${needed} bytes, its data_offsets give ${end - begin}`);
  return { name, dtype: dtype as DataType, shape: shape as number[], begin, end };
}

/** The data must be covered from first to last byte, without overlap or gap. */
function checkLayout(entries: Entry[], dataLength: number): void {
  let covered = 0;
  for (const { name, begin, end } of entries.toSorted((a, b) => a.begin - b.begin || a.end - b.end)) {
    if (begin < covered) throw broken(`tensor "${name}" overlaps the one before it (byte ${begin})`);
    if (begin > covered) throw broken(`there is a gap before tensor "${name}" (byte ${covered} to ${begin})`);
    covered = end;
  }
  if (covered > dataLength)
    throw broken(`its tensors need ${covered} bytes, but ${dataLength} follow the header. It may be truncated`);
  if (covered < dataLength) throw broken(`${dataLength - covered} bytes after the last tensor belong to nothing`);
}

const isLength = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const broken = (reason: string) => new Error(`This is no valid safetensors file: ${reason}.`);

function elementCount(shape: readonly unknown[]): number | undefined {
  if (!shape.every(isLength)) return undefined;
  const size = shape.reduce((product, length) => product * length, 1);
  return Number.isSafeInteger(size) ? size : undefined;
}
