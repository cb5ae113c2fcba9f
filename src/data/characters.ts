import { type Codes, codesBelow } from "./codes.js";

/** Characters of a piece. */
const PIECE = 1 << 20;
/** Characters that are made a string at once. */
const BATCH = 8192;

/**
 * A text of any length: numbers of characters in a table, one byte each where the text has at most 256 different ones.
 * A character is a Unicode code point.
 */
export class Text {
  private units: { low: Uint16Array; high: Uint16Array } | null = null;

  constructor(
    /** The table, in code point order. Parts of one text share it, so that a part may lack some of them. */
    readonly characters: readonly string[],
    /** [length], places in the table. */
    readonly codes: Codes,
  ) {}

  static of(text: string): Text {
    const table = new CharacterTable();
    const codes = table.codesOf(text).slice();
    const { characters, places } = table.sorted();
    return new Text(characters, replaced(codes, places, characters.length));
  }

  /** Number of characters. */
  get length(): number {
    return this.codes.length;
  }

  /** The characters from `from` to (not including) `to`. */
  slice(from = 0, to = this.length): string {
    return this.stringOf(from, Math.min(to, this.length));
  }

  /** All of it in pieces of `size` characters. */
  *pieces(size = PIECE): Generator<string, void, void> {
    for (let at = 0; at < this.length; at += size) yield this.slice(at, at + size);
  }

  /** The lines, without their ends. Of an empty text none. */
  *lines(): Generator<string, void, void> {
    for (const [from, to] of this.lineBounds()) yield this.slice(from, to);
  }

  /** Where each line starts and ends. */
  *lineBounds(): Generator<[from: number, to: number], void, void> {
    const { codes, length } = this;
    const end = this.characters.indexOf("\n");
    for (let from = 0; from < length; ) {
      const found = end < 0 ? -1 : codes.indexOf(end, from);
      const to = found < 0 ? length : found;
      yield [from, to];
      from = to + 1;
    }
  }

  /** All of it as one string. @throws where it is longer than a string can be. */
  toString(): string {
    return [...this.pieces()].join("");
  }

  /** `characters` as UTF-16: a second unit of 0 is none. */
  private unitsOf() {
    const { characters } = this;
    return (this.units ??= {
      low: Uint16Array.from(characters, (c) => c.charCodeAt(0)),
      high: Uint16Array.from(characters, (c) => (c.length > 1 ? c.charCodeAt(1) : 0)),
    });
  }

  private stringOf(from: number, to: number): string {
    const { codes } = this;
    const { low, high } = this.unitsOf();
    const units = new Uint16Array(2 * Math.min(BATCH, Math.max(0, to - from)));
    let text = "";
    for (let at = from; at < to; at += BATCH) {
      const end = Math.min(at + BATCH, to);
      let n = 0;
      for (let i = at; i < end; i++) {
        units[n++] = low[codes[i]];
        if (high[codes[i]] !== 0) units[n++] = high[codes[i]];
      }
      text += String.fromCharCode.apply(null, units.subarray(0, n) as unknown as number[]);
    }
    return text;
  }
}

/** Numbers for characters in the order in which they first come. */
export class CharacterTable {
  /** Number of a code unit, plus 1; of characters outside the basic plane in the map. */
  private readonly basic = new Uint32Array(65_536);
  private readonly others = new Map<number, number>();
  private readonly found: number[] = [];
  private buffer = new Uint32Array(0);

  /** Different characters so far. */
  get size(): number {
    return this.found.length;
  }

  /** Numbers of a text's characters; valid until the next call. */
  codesOf(text: string): Uint32Array {
    if (this.buffer.length < text.length) this.buffer = new Uint32Array(text.length);
    const { buffer, basic } = this;
    let n = 0;
    for (let i = 0; i < text.length; i++) {
      let point = text.charCodeAt(i);
      if (point >= 0xd800 && point < 0xdc00) {
        point = text.codePointAt(i)!;
        if (point > 0xffff) i++;
      }
      buffer[n++] = point <= 0xffff && basic[point] > 0 ? basic[point] - 1 : this.numberOf(point);
    }
    return buffer.subarray(0, n);
  }

  private numberOf(point: number): number {
    const known = point <= 0xffff ? basicOf(this.basic[point]) : this.others.get(point);
    if (known !== undefined) return known;
    const next = this.found.length;
    this.found.push(point);
    if (point <= 0xffff) this.basic[point] = next + 1;
    else this.others.set(point, next);
    return next;
  }

  /** The characters in code point order, and the place there of each number. */
  sorted(): { characters: string[]; places: Uint32Array } {
    const order = this.found.map((point, number) => ({ point, number })).sort((a, b) => a.point - b.point);
    const places = new Uint32Array(order.length);
    order.forEach(({ number }, place) => void (places[number] = place));
    return { characters: order.map(({ point }) => String.fromCodePoint(point)), places };
  }
}

const basicOf = (entry: number): number | undefined => (entry > 0 ? entry - 1 : undefined);

/** Codes with each replaced by `places` of it, below `limit`; in place where the width is right. */
export function replaced(codes: Codes, places: ArrayLike<number>, limit: number): Codes {
  const fits =
    limit <= 2 ** (8 * codes.BYTES_PER_ELEMENT) && codes.BYTES_PER_ELEMENT <= codesBelow(limit, 0).BYTES_PER_ELEMENT;
  const out = fits ? codes : codesBelow(limit, codes.length);
  for (let i = 0; i < codes.length; i++) out[i] = places[codes[i]];
  return out;
}
