import { wordsOf } from "../../data/motion/words.js";

/** Rows of the table that are no word of a vocabulary: what stands behind a text's end, and a word that is unknown. */
export const [NOTHING, UNKNOWN, FIRST] = [0, 1, 2];

/** Every word of captions, by its letters, and the most that one of them has. */
export function vocabularyOf(captions: Iterable<string>): { words: string[]; length: number } {
  const words = new Set<string>();
  let length = 1;
  for (const caption of captions) {
    const found = wordsOf(caption);
    length = Math.max(length, found.length);
    for (const word of found) words.add(word);
  }
  return { words: [...words].sort(), length };
}

/**
 * Texts as rows of the table, [N, length]: other words than the vocabulary's are unknown ones, a text without any word is
 * one unknown word, and those after the first `length` are left out. So every caption of data is read, as it is.
 */
export function encodeTexts(texts: readonly string[], words: readonly string[], length: number): Int32Array {
  const ids = new Map(words.map((word, i) => [word, FIRST + i]));
  const rows = new Int32Array(texts.length * length);
  for (const [i, text] of texts.entries()) {
    const found = wordsOf(text).map((word) => ids.get(word) ?? UNKNOWN);
    rows.set(found.length > 0 ? found.slice(0, length) : [UNKNOWN], i * length);
  }
  return rows;
}

/** The share of texts that have no word of the vocabulary. */
export function unreadShare(texts: readonly string[], words: readonly string[]): number {
  const known = new Set(words);
  return texts.filter((text) => !wordsOf(text).some((word) => known.has(word))).length / texts.length;
}
