import { Random } from "../random/index.js";
import { CharacterTable, replaced, Text } from "./characters.js";
import { CodeList, type Codes } from "./codes.js";
import type { LinesFound, TextParts } from "./text.js";

type PartName = "train" | "judge" | "test";

/** Of 20 blocks (or lines), this goes to the judge and this to the test. */
const partOf = (index: number): PartName =>
  index % 20 === 19 ? "test" : index % 20 === 4 || index % 20 === 9 || index % 20 === 14 ? "judge" : "train";

const BLOCK = 20_000;
/** Characters from which on every block has `BLOCK`. */
const LONG = 20 * BLOCK;

/** Takes a text piece by piece and splits it. */
export interface TextSplitter {
  /** Returns how many characters the piece has. */
  add(piece: string): number;
  /** @throws where the text is too short to be split. */
  finish(): TextParts;
}

interface SplitOptions {
  lines: boolean;
  /** For messages. */
  name: string;
  /** Characters that there may be; default as many as come. */
  expected?: number;
}

/**
 * Splits running text 80 : 15 : 5 by blocks of 20,000 characters (a twentieth of the text where it is short), or lines
 * at random. Always the same for the same text.
 */
export function splitText(text: string, options: SplitOptions): TextParts {
  const splitter = textSplitter({ expected: text.length, ...options });
  splitter.add(options.lines ? text.replace(/\r\n?/g, "\n") : text);
  return splitter.finish();
}

/** @see splitText. Line ends of a text in lines are `\n`. */
export const textSplitter = (options: SplitOptions): TextSplitter =>
  options.lines ? lineSplitter(options) : runningSplitter(options);

const lists = (expected = 0): Record<PartName, CodeList> => ({
  train: new CodeList(Math.ceil(0.8 * expected) + BLOCK),
  judge: new CodeList(Math.ceil(0.15 * expected) + BLOCK),
  test: new CodeList(Math.ceil(0.05 * expected) + BLOCK),
});

/** The parts with their characters numbered in code point order. */
function partsOf(lists: Record<PartName, CodeList>, table: CharacterTable): Record<PartName, Text> {
  const { characters, places } = table.sorted();
  const text = (part: PartName) => new Text(characters, replaced(lists[part].all(), places, characters.length));
  return { train: text("train"), judge: text("judge"), test: text("test") };
}

function runningSplitter({ name, expected }: SplitOptions): TextSplitter {
  const table = new CharacterTable();
  const parts = lists(expected);
  /** The beginning, until it is known how long the blocks are. */
  let head: CodeList | null = new CodeList(LONG);
  let blocks = 0;
  let inBlock = 0;
  const put = (codes: ArrayLike<number>, length: number, block: number) => {
    for (let at = 0; at < length; ) {
      const end = Math.min(length, at + block - inBlock);
      parts[partOf(blocks)].append(codes, at, end, table.size);
      inBlock += end - at;
      at = end;
      if (inBlock < block) continue;
      inBlock = 0;
      blocks++;
    }
  };
  return {
    add(piece) {
      const codes = table.codesOf(piece);
      if (head) head.append(codes, 0, codes.length, table.size);
      else put(codes, codes.length, BLOCK);
      if (head && head.length >= LONG) {
        put(head.all(), head.length, BLOCK);
        head = null;
      }
      return codes.length;
    },
    finish() {
      if (head && head.length < 2000)
        throw new Error(`${name} has ${head.length} characters; at least 2000 are needed to train and to test.`);
      if (head) put(head.all(), head.length, Math.min(BLOCK, Math.ceil(head.length / 20)));
      return { lines: false, ...partsOf(parts, table) };
    },
  };
}

function lineSplitter({ name, expected }: SplitOptions): TextSplitter {
  const table = new CharacterTable();
  const [end] = table.codesOf("\n");
  const all = new CodeList(expected);
  return {
    add(piece) {
      const codes = table.codesOf(piece);
      all.append(codes, 0, codes.length, table.size);
      return codes.length;
    },
    finish() {
      const codes = all.all();
      const { bounds, ...found } = differentLines(codes, end);
      const { different } = found;
      if (different < 20) throw new Error(`${name} has ${different} different lines; at least 20 are needed.`);
      const parts = lists(codes.length);
      const order = new Random(0, "test split").permutation(different);
      for (let i = 0; i < different; i++) {
        const part = parts[partOf(order[i])];
        if (part.length > 0) part.append([end], 0, 1, table.size);
        part.append(codes, bounds[2 * i], bounds[2 * i + 1], table.size);
      }
      return { lines: true, ...partsOf(parts, table), linesFound: found };
    },
  };
}

/** Where each line starts and ends, but for empty ones and repetitions, in the order of the text. */
function differentLines(codes: Codes, end: number): LinesFound & { bounds: Codes } {
  const bounds = new CodeList(1024, 2 ** 32);
  let [empty, repeated] = [0, 0];
  /** Numbers of lines by the hash of their characters; 0 where there is none. */
  let table = new Uint32Array(1024);
  /** Where in the table a line is, or would be. */
  const place = (start: number, stop: number): number => {
    const known = bounds.all();
    const mask = table.length - 1;
    let hash = 2166136261;
    for (let i = start; i < stop; i++) hash = Math.imul(hash ^ codes[i], 16777619);
    let slot = (hash ^ (hash >>> 15)) & mask;
    for (; table[slot] > 0; slot = (slot + 1) & mask) {
      const [from, to] = [known[2 * table[slot] - 2], known[2 * table[slot] - 1]];
      if (to - from !== stop - start) continue;
      let same = 0;
      while (same < stop - start && codes[from + same] === codes[start + same]) same++;
      if (same === stop - start) return slot;
    }
    return slot;
  };
  const grow = () => {
    const known = bounds.all();
    table = new Uint32Array(2 * table.length);
    for (let line = 0; 2 * line < known.length; line++) table[place(known[2 * line], known[2 * line + 1])] = line + 1;
  };
  for (let start = 0; start < codes.length; ) {
    const found = codes.indexOf(end, start);
    const stop = found < 0 ? codes.length : found;
    if (stop === start) empty++;
    else {
      const slot = place(start, stop);
      if (table[slot] > 0) repeated++;
      else {
        bounds.append([start, stop], 0, 2, 2 ** 32);
        table[slot] = bounds.length / 2;
        if (bounds.length > table.length) grow();
      }
    }
    start = stop + 1;
  }
  return { bounds: bounds.all(), different: bounds.length / 2, repeated, empty };
}
