/** Rows of the table that are no word of a vocabulary: what stands behind a text's end, and a word that is unknown. */
export const [NOTHING, UNKNOWN, FIRST] = [0, 1, 2];

/** The words of a text in small letters. */
export const wordsOf = (text: string): string[] => text.toLowerCase().match(/[\p{L}\p{N}']+/gu) ?? [];

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
 * Texts as rows of the table, [N, length].
 * @throws RangeError where a text has no word of the vocabulary, or more words than `length`.
 */
export function encodeTexts(texts: readonly string[], words: readonly string[], length: number): Int32Array {
  const ids = new Map(words.map((word, i) => [word, FIRST + i]));
  const rows = new Int32Array(texts.length * length);
  for (const [i, text] of texts.entries()) {
    const found = wordsOf(text).map((word) => ids.get(word) ?? UNKNOWN);
    if (found.every((id) => id === UNKNOWN))
      throw new RangeError(`${JSON.stringify(text)} has no word that this judge knows.`);
    if (found.length > length)
      throw new RangeError(`${JSON.stringify(text)} has ${found.length} words; this judge reads ${length} at most.`);
    rows.set(found, i * length);
  }
  return rows;
}
