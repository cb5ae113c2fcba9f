import { describe, expect, test } from "vitest";
import { wordsOf } from "../../../src/data/motion/words.js";
import { partsOf, Vocabulary, vocabularyOf } from "../../../src/methods/motion/words.js";

const words = vocabularyOf(["A person walks slowly.", "a man walks", "a person waves"], 100);
const vocabulary = new Vocabulary({ words, buckets: 8, length: 5 });

test("the words of a text are its Latin letters, small and without accents", () => {
  expect(wordsOf("A person's Café-visit, at 3!")).toEqual(["a", "person's", "cafe", "visit", "at", "3"]);
  expect(wordsOf("走る")).toEqual([]);
});

test("a vocabulary has the most frequent words first, and no more than asked for", () => {
  expect(words).toEqual(["a", "person", "walks", "man", "slowly", "waves"]);
  expect(vocabularyOf(["b a b", "c a b"], 2)).toEqual(["b", "a"]);
});

describe("a text as rows of the table", () => {
  test("known words have their own, and another form of one has the same", () => {
    const known = vocabulary.encode("person walks");
    expect([...known.rows]).toEqual([2, 0, 3, 0, 0, 0, 0, 0, 0, 0]);
    expect([...known.signs]).toEqual([1, 0, 1, 0, 0, 0, 0, 0, 0, 0]);
    expect(vocabulary.encode("persons walking")).toEqual(known);
    expect(vocabulary.encode("Person WALKED.")).toEqual(known);
  });

  test("unknown ones share the buckets, always the same two", () => {
    const { rows, signs } = vocabulary.encode("person somersaults");
    for (const row of rows.subarray(2, 4)) {
      expect(row).toBeGreaterThanOrEqual(7);
      expect(row).toBeLessThan(vocabulary.size);
    }
    expect([...signs.subarray(2, 4)].every((sign) => Math.abs(sign) === 1)).toBe(true);
    expect(vocabulary.encode("person somersaults")).toEqual({ rows, signs });
    expect(vocabulary.encode("person pirouettes").rows).not.toEqual(rows);
    expect(vocabulary.size).toBe(1 + 6 + 8);
  });

  test("in training some known words are read as unknown", () => {
    const { rows } = vocabulary.encode("person walks", () => true);
    expect(rows[0]).toBeGreaterThanOrEqual(7);
  });
});

describe("a prompt is refused", () => {
  test.each(["走る", "xyzzy plugh", "!!", "идёт"])("where it has no word that the model knows: %s", (prompt) => {
    expect(() => vocabulary.require(prompt)).toThrow(
      /has no word that this model knows\. It understands descriptions in English with words such as person, walks/,
    );
  });

  test("where it is longer than what the model reads", () => {
    expect(() => vocabulary.require("a person walks a person walks")).toThrow(
      "has 6 words, and the model reads 5 at most",
    );
    expect(() => vocabulary.require("a person walks")).not.toThrow();
  });
});

test("parts of a prompt follow each other", () => {
  expect(partsOf("a person walks slowly, then waves")).toEqual(["a person walks slowly", "waves"]);
  expect(partsOf("walks and then turns; Then: runs.")).toEqual(["walks", "turns", "runs"]);
  expect(partsOf("a person walks. A person waves.")).toEqual(["a person walks", "A person waves"]);
  expect(partsOf("authentic walk")).toEqual(["authentic walk"]);
  expect(partsOf("then waves")).toEqual(["waves"]);
});
