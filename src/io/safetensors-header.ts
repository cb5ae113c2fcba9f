import { show } from "./show.js";

/** Bytes of a number of each type. */
export const BYTES = { F64: 8, F32: 4, F16: 2, BF16: 2, I64: 8, I32: 4, I8: 1, U8: 1 } as const;
export type DataType = keyof typeof BYTES;

/** A tensor of a file: where its bytes are, from the first byte after the header. */
export interface TensorEntry {
  name: string;
  dtype: DataType;
  shape: number[];
  begin: number;
  end: number;
}

/** What a file's header says, checked against the format: the tensors cover the data without overlap or gap. */
export interface SafetensorsHeader {
  entries: readonly TensorEntry[];
  metadata: Record<string, string>;
  /** Bytes that must follow the header. */
  dataBytes: number;
}

/** Bytes before the header, which hold its length. */
export const PREFIX = 8;
const MAX_HEADER = 100_000_000;

/** Length of the header that the first 8 bytes of a file announce. */
export function headerLength(prefix: Uint8Array, limit = MAX_HEADER): number {
  const declared = new DataView(prefix.buffer, prefix.byteOffset, PREFIX).getBigUint64(0, true);
  if (declared > BigInt(limit)) throw broken(`its header claims ${declared} bytes (at most ${limit})`);
  return Number(declared);
}

/** Reads a header's JSON. Nothing of the tensors' size is allocated. */
export function parseHeader(json: Uint8Array): SafetensorsHeader {
  const { __metadata__: metadata = {}, ...rest } = parseJson(json);
  if (!isRecord(metadata) || !Object.values(metadata).every((value) => typeof value === "string"))
    throw broken("its metadata is not a map from strings to strings");
  const entries = Object.entries(rest).map(([name, value]) => checkEntry(name, value));
  return { entries, metadata: metadata as Record<string, string>, dataBytes: coveredBytes(entries) };
}

/** Throws unless exactly the header's data follow it. */
export function requireData({ dataBytes }: SafetensorsHeader, found: number): void {
  if (dataBytes > found)
    throw broken(`its tensors need ${dataBytes} bytes, but ${found} follow the header. It may be truncated`);
  if (dataBytes < found) throw broken(`${found - dataBytes} bytes after the last tensor belong to nothing`);
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

function checkEntry(name: string, value: unknown): TensorEntry {
  const tensor = `tensor ${show(name)}`;
  if (!isRecord(value)) throw broken(`${tensor} has no description`);
  const { dtype, shape, data_offsets: offsets } = value;
  if (typeof dtype !== "string" || !Object.hasOwn(BYTES, dtype))
    throw broken(`${tensor} has dtype ${show(dtype)}; known are ${Object.keys(BYTES).join(", ")}`);
  const size = Array.isArray(shape) ? elementCount(shape) : undefined;
  if (size === undefined) throw broken(`${tensor} has shape ${show(shape)}`);
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isLength) || offsets[0] > offsets[1])
    throw broken(`${tensor} has data_offsets ${show(offsets)}`);
  const [begin, end] = offsets as [number, number];
  const needed = size * BYTES[dtype as DataType];
  if (end - begin !== needed)
    throw broken(`${tensor} (${dtype} ${show(shape)}) needs ${needed} bytes, its data_offsets give ${end - begin}`);
  return { name, dtype: dtype as DataType, shape: shape as number[], begin, end };
}

/** The data must be covered from first to last byte, without overlap or gap. Returns how many bytes there are. */
function coveredBytes(entries: readonly TensorEntry[]): number {
  let covered = 0;
  for (const { name, begin, end } of entries.toSorted((a, b) => a.begin - b.begin || a.end - b.end)) {
    if (begin < covered) throw broken(`tensor ${show(name)} overlaps the one before it (byte ${begin})`);
    if (begin > covered) throw broken(`there is a gap before tensor ${show(name)} (byte ${covered} to ${begin})`);
    covered = end;
  }
  return covered;
}

const isLength = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
/** The error of a file that is none. */
export const broken = (reason: string) => new Error(`This is no valid safetensors file: ${reason}.`);

/** Numbers of a tensor of a shape; undefined where it is no shape. */
export function elementCount(shape: readonly unknown[]): number | undefined {
  if (!shape.every(isLength)) return undefined;
  const size = shape.reduce((product, length) => product * length, 1);
  return Number.isSafeInteger(size) ? size : undefined;
}
