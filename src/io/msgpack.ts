import type { ByteReader } from "./byte-reader.js";

/** What a value begins with: a map has `size` pairs, an array `size` values, an extension is of the type `size`. */
export interface Begun {
  readonly kind: "map" | "array" | "text" | "bytes" | "integer" | "extension" | "other";
  /** Of a text and of bytes their length; of an integer itself. */
  readonly size: number;
}

/** Bytes of a text at most: names are short. */
const LONGEST = 4096;
/** By the last bits of their first byte, how many bytes lengths and whole numbers have. */
const WIDTHS = [1, 2, 4, 8];

/**
 * Reads the part of msgpack that trees of arrays are made of, value by value: maps, arrays, texts, bytes, whole numbers
 * from 0 on and extensions. The methods throw where the next value is of another kind, or longer than the file.
 */
export function msgpackReader(reader: ByteReader) {
  let left = reader.size ?? Number.POSITIVE_INFINITY;
  const broken = (what: string) => new Error(`This is no sound msgpack file: ${what}. Fetch it again.`);
  async function take(count: number): Promise<Uint8Array<ArrayBuffer>> {
    if (count > left) throw broken(`it ends within a value, ${count - left} bytes early`);
    left -= count;
    return reader.take(count);
  }
  async function number(width: number): Promise<number> {
    const value = (await take(width)).reduce((all, byte) => all * 256 + byte, 0);
    if (!Number.isSafeInteger(value)) throw broken(`it has a number beyond ${Number.MAX_SAFE_INTEGER}`);
    return value;
  }

  async function begin(): Promise<Begun> {
    const [first] = await take(1);
    const of = async (kind: Begun["kind"], width: number): Promise<Begun> => ({ kind, size: await number(width) });
    if (first < 0x80) return { kind: "integer", size: first };
    if (first < 0x90) return { kind: "map", size: first & 15 };
    if (first < 0xa0) return { kind: "array", size: first & 15 };
    if (first < 0xc0) return { kind: "text", size: first & 31 };
    if (first >= 0xc4 && first <= 0xc6) return of("bytes", WIDTHS[first - 0xc4]);
    if (first >= 0xc7 && first <= 0xc9) await number(WIDTHS[first - 0xc7]); // its length, which follows from what it holds
    if ((first >= 0xc7 && first <= 0xc9) || (first >= 0xd4 && first <= 0xd8)) return of("extension", 1);
    if (first >= 0xcc && first <= 0xcf) return of("integer", WIDTHS[first - 0xcc]);
    if (first >= 0xd9 && first <= 0xdb) return of("text", WIDTHS[first - 0xd9]);
    if (first === 0xdc || first === 0xdd) return of("array", WIDTHS[first - 0xdc + 1]);
    if (first === 0xde || first === 0xdf) return of("map", WIDTHS[first - 0xde + 1]);
    return { kind: "other", size: 0 };
  }
  async function sizeOf(wanted: Begun["kind"]): Promise<number> {
    const { kind, size } = await begin();
    if (kind !== wanted) throw broken(`it has ${kind} where ${wanted} is wanted`);
    return size;
  }

  return {
    /** The error of a file that says `what` it must not. */
    broken,
    begin,
    /** How many values an array has, which follow. */
    array: () => sizeOf("array"),
    integer: () => sizeOf("integer"),
    async text(): Promise<string> {
      const size = await sizeOf("text");
      if (size > LONGEST) throw broken(`it has a name of ${size} bytes`);
      return new TextDecoder().decode(await take(size));
    },
    bytes: async () => take(await sizeOf("bytes")),
  };
}
