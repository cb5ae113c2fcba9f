import { badField } from "./errors.js";

/** Types of tensors in the Open Inference Protocol: bytes of an element, and how one is read. */
const NUMBERS = {
  FP32: [4, (view: DataView, at: number) => view.getFloat32(at, true)],
  FP64: [8, (view: DataView, at: number) => view.getFloat64(at, true)],
  INT8: [1, (view: DataView, at: number) => view.getInt8(at)],
  INT16: [2, (view: DataView, at: number) => view.getInt16(at, true)],
  INT32: [4, (view: DataView, at: number) => view.getInt32(at, true)],
  INT64: [8, (view: DataView, at: number) => Number(view.getBigInt64(at, true))],
  UINT8: [1, (view: DataView, at: number) => view.getUint8(at)],
  UINT16: [2, (view: DataView, at: number) => view.getUint16(at, true)],
  UINT32: [4, (view: DataView, at: number) => view.getUint32(at, true)],
  UINT64: [8, (view: DataView, at: number) => Number(view.getBigUint64(at, true))],
} as const;
type NumberType = keyof typeof NUMBERS;

/** A tensor of a request. */
export interface InputTensor {
  readonly name: string;
  readonly shape: readonly number[];
  /** Row by row. */
  readonly values: readonly (number | string)[];
}

/** A tensor of an answer. */
export type OutputTensor = { readonly name: string; readonly shape: readonly number[] } & (
  | { readonly datatype: "FP32"; readonly data: Float32Array }
  | { readonly datatype: "INT32"; readonly data: Int32Array }
  | { readonly datatype: "BYTES"; readonly data: readonly string[] }
);

interface Described {
  name?: unknown;
  datatype?: unknown;
  shape?: unknown;
  data?: unknown;
  parameters?: { binary_data_size?: unknown };
}

/** Values of a tensor at most. */
const MOST = 2 ** 26;

/** Reads the tensors of a request: those with `binary_data_size` from what follows the JSON. @throws HttpError */
export function readTensors(inputs: unknown, binary: Buffer): InputTensor[] {
  if (!Array.isArray(inputs)) throw badField("inputs", "inputs must be a list of tensors.");
  let at = 0;
  const tensors = inputs.map((input: Described | null, i): InputTensor => {
    const { name, datatype, shape, data, parameters } = input ?? {};
    const where = `inputs[${i}]`;
    if (typeof name !== "string") throw badField(where, `${where} needs a name.`);
    const size = sizeOf(shape, name);
    const bytes = parameters?.binary_data_size;
    if ((bytes === undefined) === (data === undefined))
      throw badField(name, `The tensor ${quoted(name)} has either data or the parameter binary_data_size.`);
    if (bytes === undefined) return { name, shape: shape as number[], values: plainValues(name, datatype, data, size) };
    if (!Number.isSafeInteger(bytes) || (bytes as number) < 0 || at + (bytes as number) > binary.length)
      throw badField(
        name,
        `The tensor ${quoted(name)} says ${String(bytes)} bytes, and ${binary.length - at} are there.`,
      );
    const part = binary.subarray(at, (at += bytes as number));
    return { name, shape: shape as number[], values: binaryValues(name, datatype, part, size) };
  });
  if (at !== binary.length)
    throw badField("inputs", `${binary.length - at} bytes after the last tensor belong to none.`);
  return tensors;
}

const quoted = (name: string) => JSON.stringify(name.slice(0, 60));

function sizeOf(shape: unknown, name: string): number {
  const good = Array.isArray(shape) && shape.length >= 1 && shape.every((n) => Number.isSafeInteger(n) && n >= 1);
  const size = good ? (shape as number[]).reduce((a, b) => a * b, 1) : Number.NaN;
  if (size <= MOST) return size;
  throw badField(
    name,
    `The shape of ${quoted(name)} must be a list of whole numbers of at least 1, with at most ${MOST} values.`,
  );
}

function typeOf(name: string, datatype: unknown): NumberType | "BYTES" {
  if (datatype === "BYTES" || Object.hasOwn(NUMBERS, String(datatype))) return datatype as NumberType | "BYTES";
  throw badField(name, `The datatype of ${quoted(name)} must be BYTES or one of ${Object.keys(NUMBERS).join(", ")}.`);
}

function plainValues(name: string, datatype: unknown, data: unknown, size: number): (number | string)[] {
  const type = typeOf(name, datatype) === "BYTES" ? "string" : "number";
  const values = Array.isArray(data) ? data.flat(8) : [];
  if (values.length !== size)
    throw badField(name, `The tensor ${quoted(name)} has ${size} values by its shape, got ${values.length}.`);
  if (values.every((value) => typeof value === type)) return values;
  throw badField(name, `The values of ${quoted(name)} must be ${type}s, as its datatype says.`);
}

function binaryValues(name: string, datatype: unknown, bytes: Buffer, size: number): (number | string)[] {
  const type = typeOf(name, datatype);
  if (type === "BYTES") return texts(name, bytes, size);
  const [width, read] = NUMBERS[type];
  if (bytes.length !== size * width)
    throw badField(name, `The tensor ${quoted(name)} has ${size * width} bytes by its shape, got ${bytes.length}.`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return Array.from({ length: size }, (_, i) => read(view, i * width));
}

/** Texts, each after its length in four bytes. */
function texts(name: string, bytes: Buffer, size: number): string[] {
  const found: string[] = [];
  let at = 0;
  while (at + 4 <= bytes.length && found.length < size) {
    const length = bytes.readUInt32LE(at);
    found.push(bytes.toString("utf8", at + 4, at + 4 + length));
    at += 4 + length;
  }
  if (found.length === size && at === bytes.length) return found;
  throw badField(name, `The bytes of ${quoted(name)} are not ${size} texts, each after its length in four bytes.`);
}

/** A tensor's values as an answer holds them beside the JSON. */
export function tensorBytes({ datatype, data }: OutputTensor): Buffer {
  if (datatype !== "BYTES") return Buffer.from(data.buffer, data.byteOffset, data.byteLength); // little-endian as every machine here
  return Buffer.concat(
    data.flatMap((text) => {
      const body = Buffer.from(text);
      const length = Buffer.alloc(4);
      length.writeUInt32LE(body.length);
      return [length, body];
    }),
  );
}
