import { wordsOf } from "../../data/motion/words.js";
import { OptionError } from "../../io/wrong-use.js";
import type { TextShape } from "./shape.js";

/** The most frequent words of captions, at most so many; equally frequent ones by their letters. */
export function vocabularyOf(captions: Iterable<string>, most: number): string[] {
  const counts = new Map<string, number>();
  for (const caption of captions) for (const word of wordsOf(caption)) counts.set(word, (counts.get(word) ?? 0) + 1);
  return [...counts]
    .sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1))
    .slice(0, most)
    .map(([word]) => word);
}

/** A caption as the encoder reads it: of each word two rows of its table and the sign of each; 0 of what is none. */
export interface Words {
  /** [length, 2]. */
  readonly rows: Int32Array;
  /** [length, 2]. */
  readonly signs: Float32Array;
}

/** 32 bits of a text (FNV-1a with a final mix). */
function hash(text: string): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  h = Math.imul(h ^ (h >>> 15), 0x2c1b3c6d);
  return (h ^ (h >>> 13)) >>> 0;
}

/** What is left of a word without the endings of English grammar: walks, walked, walking are one. */
const stem = (word: string): string => word.replace(/(?:'s|s|ed|ing|ly|er)$/, "").replace(/(?:e|(.)(?=\1$))$/, "");

/**
 * Texts as words: a vocabulary's own have a row of the table each, from row 1; a word that is none takes the row of a
 * known one with the same stem, or else two signed rows of the buckets, which follow.
 */
export class Vocabulary {
  /** Rows of the table: none, the words, the buckets. */
  readonly size: number;
  private readonly ids: Map<string, number>;
  private readonly stems = new Map<string, number>();

  constructor(private readonly shape: Pick<TextShape, "words" | "buckets" | "length">) {
    this.size = 1 + shape.words.length + shape.buckets;
    this.ids = new Map(shape.words.map((word, i) => [word, i + 1]));
    for (const [word, id] of this.ids) if (!this.stems.has(stem(word))) this.stems.set(stem(word), id);
  }

  private known(word: string): number | undefined {
    return this.ids.get(word) ?? (stem(word).length > 2 ? this.stems.get(stem(word)) : undefined);
  }

  /** Two rows of the buckets, and their signs. */
  private hashed(word: string): [number, number, number, number] {
    const { words, buckets } = this.shape;
    const [a, b] = [hash(word), hash(`${word}#`)];
    const row = (h: number) => 1 + words.length + ((h >>> 1) % buckets);
    return [row(a), row(b), a & 1 ? 1 : -1, b & 1 ? 1 : -1];
  }

  /**
   * A text's words; those after the first `length` are left out. `hide` says which known words are read as unknown, so
   * that training sees such.
   */
  encode(text: string, hide: () => boolean = () => false): Words {
    const { length } = this.shape;
    const rows = new Int32Array(2 * length);
    const signs = new Float32Array(2 * length);
    for (const [i, word] of wordsOf(text).slice(0, length).entries()) {
      const id = this.known(word);
      const [row, other, sign, otherSign] = id === undefined || hide() ? this.hashed(word) : [id, 0, 1, 0];
      rows.set([row, other], 2 * i);
      signs.set([sign, otherSign], 2 * i);
    }
    return { rows, signs };
  }

  /** Refuses what has no word that the model knows, or more words than it reads. @throws OptionError */
  require(text: string): void {
    const { length } = this.shape;
    const words = wordsOf(text);
    if (!words.some((word) => this.known(word) !== undefined)) {
      const some = this.shape.words.filter((word) => word.length > 3).slice(0, 12);
      throw new OptionError(
        `The prompt ${JSON.stringify(text)} has no word that this model knows. It understands descriptions in English with words such as ${some.join(", ")}.`,
      );
    }
    if (words.length > length)
      throw new OptionError(
        `The prompt ${JSON.stringify(text.slice(0, 80))} has ${words.length} words, and the model reads ${length} at most; say it shorter, or in several parts with "then" between them.`,
      );
  }
}

/** The parts of a prompt that are to follow each other: what stands between "then" or "and then". */
export const partsOf = (prompt: string): string[] =>
  prompt
    .split(/(?:[,.;]\s*|\s+)?(?:\band\s+)?\bthen\b[,:]?\s*|[.;]\s+/i)
    .map((part) => part.trim().replace(/[,;.]+$/, ""))
    .filter((part) => part !== "");
