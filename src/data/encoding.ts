import { isAscii, isUtf8 } from "node:buffer";
import { WrongUse } from "../io/wrong-use.js";

/** What windows-1252 has where Latin-1 has control characters, from byte 0x80 on; the others are Latin-1's. */
const WINDOWS_1252 = "€\x81‚ƒ„…†‡ˆ‰Š‹Œ\x8dŽ\x8f\x90‘’“”•–—˜™š›œ\x9džŸ";

/** Of its name or an alias, such as "latin1": the encoding's name. @throws where there is no such encoding. */
export function encodingNamed(label: string): string {
  try {
    return new TextDecoder(label).encoding;
  } catch {
    const names = "utf-8, utf-16le, utf-16be, latin1, windows-1251, koi8-r, macintosh, shift_jis, gb18030, euc-kr";
    throw new WrongUse(`There is no encoding "${label}"; take one of ${names}, or another of the WHATWG standard.`);
  }
}

/** An encoding, and how it is known. */
export interface Detected {
  encoding: string;
  by: "mark" | "content";
}

const MARKS: [bytes: number[], encoding: string][] = [
  [[0xff, 0xfe, 0, 0], "utf-32le"],
  [[0, 0, 0xfe, 0xff], "utf-32be"],
  [[0xef, 0xbb, 0xbf], "utf-8"],
  [[0xff, 0xfe], "utf-16le"],
  [[0xfe, 0xff], "utf-16be"],
];

/**
 * The encoding of a text by its beginning: its byte order mark, or UTF-16 by the two bytes of each unit, of which one
 * varies much less than the other; else UTF-8, which the rest may contradict. @throws where this is no text.
 */
export function detectEncoding(beginning: Buffer, name: string): Detected {
  const mark = MARKS.find(([bytes]) => bytes.every((byte, i) => beginning[i] === byte));
  if (mark?.[1].startsWith("utf-32")) throw new Error(`${name} is UTF-32, which is not read; convert it to UTF-8.`);
  if (mark) return { encoding: mark[1], by: "mark" };
  const whole = beginning.subarray(0, wholeLength(beginning));
  const nul = beginning.indexOf(0);
  if (nul < 0 && isUtf8(whole)) return { encoding: "utf-8", by: "content" };
  const [even, odd] = [0, 1].map((from) => halfOf(beginning, from));
  const sides = even.zeros === 0 && odd.zeros > 0.1 ? 1 : odd.zeros === 0 && even.zeros > 0.1 ? -1 : 0;
  const varies = sides || (Math.abs(even.entropy - odd.entropy) > 1 ? Math.sign(even.entropy - odd.entropy) : 0);
  if (varies !== 0) return { encoding: varies > 0 ? "utf-16le" : "utf-16be", by: "content" };
  if (nul >= 0)
    throw new Error(
      `${name} is no text: byte ${nul + 1} is zero. If it is one, say in which encoding (encoding, --encoding).`,
    );
  return { encoding: "utf-8", by: "content" };
}

/** Of every second byte: their entropy in bits, and the share of zeros. */
function halfOf(bytes: Buffer, from: number): { entropy: number; zeros: number } {
  const counts = new Float64Array(256);
  for (let i = from; i < bytes.length; i += 2) counts[bytes[i]]++;
  const total = counts.reduce((sum, n) => sum + n, 0);
  const entropy = counts.reduce((sum, n) => (n > 0 ? sum - (n / total) * Math.log2(n / total) : sum), 0);
  return { entropy, zeros: counts[0] / total };
}

/** Bytes without the beginning of a UTF-8 character that goes on after them. */
function wholeLength(bytes: Uint8Array): number {
  for (let back = 1; back <= 3 && back <= bytes.length; back++) {
    const byte = bytes[bytes.length - back];
    if (byte < 0x80) break;
    if (byte < 0xc0) continue;
    const needs = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
    return needs > back ? bytes.length - back : bytes.length;
  }
  return bytes.length;
}

/** Characters of more than a byte that are whole, and where the first byte is that belongs to none. */
function utf8Parts(bytes: Buffer): { whole: number; broken: number; first: number } {
  let [whole, broken, first] = [0, 0, -1];
  for (let i = 0; i < bytes.length; ) {
    const byte = bytes[i];
    const needs = byte < 0x80 ? 1 : byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc2 ? 2 : 0;
    if (needs > 0 && i + needs <= bytes.length && isUtf8(bytes.subarray(i, i + needs))) {
      if (needs > 1) whole++;
      i += needs;
    } else {
      if (first < 0) first = i;
      broken++;
      i++;
    }
  }
  return { whole, broken, first };
}

/** Turns the bytes of a file into text, piece by piece. */
export interface Decoder {
  /** What the bytes are read as; of a text that is UTF-8 so far it may become windows-1252. */
  readonly encoding: string;
  /** @throws where the bytes are not of the encoding. */
  decode(bytes: Buffer, last: boolean): string;
}

/**
 * A decoder for an encoding by its name. `guessed`: UTF-8 is a guess. The first byte that is not UTF-8, with nothing but
 * ASCII before it, then means that the text is windows-1252 (Latin-1 and more).
 */
export function decoderFor(encoding: string, name: string, guessed = false): Decoder {
  if (encoding === "utf-8") return utf8Decoder(name, guessed);
  if (encoding === "windows-1252") return { encoding, decode: (bytes) => windows1252(bytes) };
  const decoder = new TextDecoder(encoding, { fatal: true, ignoreBOM: true });
  let at = 0;
  return {
    encoding,
    decode(bytes, last) {
      try {
        return decoder.decode(bytes, { stream: !last });
      } catch (cause) {
        const where = `between bytes ${at + 1} and ${at + bytes.length}`;
        throw new Error(`${name} is not valid ${encoding}, ${where}; ${HOW}.`, { cause });
      } finally {
        at += bytes.length;
      }
    },
  };
}

const HOW = "mend it there, or say in which encoding it is (encoding, --encoding latin1)";

const windows1252 = (bytes: Buffer): string =>
  bytes.toString("latin1").replace(/[\x80-\x9f]/g, (c) => WINDOWS_1252[c.charCodeAt(0) - 0x80]);

/** Control characters that no text has; it has tabs, line ends, page ends and escapes. */
const isControl = (byte: number): boolean =>
  byte < 0x20 && !(byte >= 0x09 && byte <= 0x0d) && byte !== 0x1a && byte !== 0x1b;

function utf8Decoder(name: string, guessed: boolean): Decoder {
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  let rest = Buffer.alloc(0);
  let at = 0;
  let ascii = true;
  let fallen = false;
  return {
    get encoding() {
      return fallen ? "windows-1252" : "utf-8";
    },
    decode(bytes, last) {
      if (fallen) return windows1252(bytes);
      const all = rest.length > 0 ? Buffer.concat([rest, bytes]) : bytes;
      const whole = all.subarray(0, last ? all.length : wholeLength(all));
      rest = Buffer.from(all.subarray(whole.length));
      const start = at;
      at += whole.length;
      if (isAscii(whole)) return whole.toString("latin1");
      if (isUtf8(whole)) {
        ascii = false;
        return decoder.decode(whole);
      }
      const found = utf8Parts(whole);
      if (!guessed || !ascii || found.whole > found.broken) {
        const byte = `0x${whole[found.first].toString(16)}`;
        throw new Error(`${name} is not valid UTF-8: byte ${start + found.first + 1} is ${byte}; ${HOW}.`);
      }
      const control = all.findIndex(isControl);
      if (control >= 0)
        throw new Error(
          `${name} is neither UTF-8 nor Latin-1: byte ${start + control + 1} is the control character ${all[control]}. ` +
            "If it is a text, say in which encoding (encoding, --encoding).",
        );
      fallen = true;
      return windows1252(all);
    },
  };
}
