import { show } from "./show.js";

/** Numbers of a .npy file. */
export interface NpyArray {
  readonly shape: readonly number[];
  readonly data: Float32Array | Float64Array | Int32Array | Uint8Array;
}

const KINDS = {
  "<f4": Float32Array,
  "<f8": Float64Array,
  "<i4": Int32Array,
  "|u1": Uint8Array,
} as const;

/** Reads a .npy file of plain numbers, little-endian and in C's order. @throws where it is another */
export function readNpy(bytes: Uint8Array, name: string): NpyArray {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 12 || String.fromCharCode(...bytes.subarray(1, 6)) !== "NUMPY" || bytes[0] !== 0x93)
    throw new Error(`${name} is no .npy file: its first bytes are others.`);
  const wide = bytes[6] > 1;
  const start = wide ? 12 : 10;
  const data = start + (wide ? view.getUint32(8, true) : view.getUint16(8, true));
  const header = new TextDecoder("latin1").decode(bytes.subarray(start, data));
  const kind = /'descr':\s*'([^']+)'/.exec(header)?.[1] ?? "";
  const shape = /'shape':\s*\(([^)]*)\)/.exec(header)?.[1];
  if (!Object.hasOwn(KINDS, kind) || shape === undefined)
    throw new Error(
      `${name} holds ${show(kind)} numbers; float32, float64, int32 and uint8 are read (in NumPy: a.astype("<f4")).`,
    );
  if (/'fortran_order':\s*True/.test(header))
    throw new Error(`${name} is in Fortran's order; save it again with numpy.ascontiguousarray.`);
  const sizes = shape.split(",").flatMap((size) => (size.trim() === "" ? [] : [Number(size)]));
  const Kind = KINDS[kind as keyof typeof KINDS];
  const count = sizes.reduce((product, size) => product * size, 1);
  const length = count * Kind.BYTES_PER_ELEMENT;
  if (bytes.length < data + length)
    throw new Error(
      `${name} is cut short: ${bytes.length - data} of ${length} bytes of numbers are there. Fetch it again.`,
    );
  return { shape: sizes, data: new Kind(Uint8Array.from(bytes.subarray(data, data + length)).buffer) };
}

/** Numbers, or texts as NumPy's fixed-length Unicode, as a .npy file. */
export function writeNpy(array: NpyArray | readonly string[]): Uint8Array {
  const isText = !("shape" in array);
  const longest = isText ? Math.max(1, ...array.map((text) => [...text].length)) : 0;
  const kind = isText ? `<U${longest}` : Object.entries(KINDS).find(([, Kind]) => array.data instanceof Kind)![0];
  const shape = isText ? [array.length] : array.shape;
  const content = isText
    ? new Uint8Array(
        Uint32Array.from(
          array.flatMap((text) => {
            const points = [...text].map((letter) => letter.codePointAt(0)!);
            return [...points, ...Array<number>(longest - points.length).fill(0)];
          }),
        ).buffer,
      )
    : new Uint8Array(array.data.buffer, array.data.byteOffset, array.data.byteLength);
  const sizes = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(", ")})`;
  const header = `{'descr': '${kind}', 'fortran_order': False, 'shape': ${sizes}, }`;
  const padded = `${header.padEnd(Math.ceil((header.length + 11) / 64) * 64 - 11)}\n`;
  const bytes = new Uint8Array(10 + padded.length + content.length);
  bytes.set([0x93, ...new TextEncoder().encode("NUMPY"), 1, 0, padded.length & 255, padded.length >> 8]);
  bytes.set(new TextEncoder().encode(padded), 10);
  bytes.set(content, 10 + padded.length);
  return bytes;
}
