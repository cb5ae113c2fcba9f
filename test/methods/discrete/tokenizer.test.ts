import { expect, test } from "vitest";
import { decodeUtf8 } from "../../../src/data/index.js";
import {
  characterTokenizer,
  gpt2Tokenizer,
  loadTokenizer,
  tokenizerFrom,
  trainBpe,
} from "../../../src/data/tokens/tokenizer.js";

const text = "the cat sat on the mat; the cat ate. Ünï 12 🙂\n";

test("text comes back, and so does the tokenizer from its JSON", () => {
  for (const tokenizer of [characterTokenizer(text), trainBpe(text, 30)]) {
    expect(tokenizer.decode(tokenizer.encode(text))).toBe(text);
    expect(tokenizer.encode("")).toEqual(new Int32Array(0));
    const again = tokenizerFrom(JSON.parse(JSON.stringify(tokenizer)));
    expect(again.size).toBe(tokenizer.size);
    expect(again.toJSON()).toEqual(tokenizer.toJSON());
    expect(again.encode(text)).toEqual(tokenizer.encode(text));
  }
});

test("characters are numbered by code point, a surrogate pair being one", () => {
  const tokenizer = characterTokenizer("ba🙂a b");
  expect(tokenizer.size).toBe(4);
  expect(Array.from(tokenizer.encode(" ab🙂"))).toEqual([0, 1, 2, 3]);
  expect(tokenizer.decode([3, 0, 2])).toBe("🙂 b");
});

test("byte-pair encoding merges the most frequent pair first, ties by the earlier tokens, and never across words", () => {
  // a = 0, b = 1, c = 2, after the space: ab 4 times, bc 3, " a" 2
  const tokenizer = trainBpe("abc abc abcab", 7);
  const { characters, merges } = tokenizer.toJSON() as { characters: string[]; merges: [number, number][] };
  expect(characters).toEqual([" ", "a", "b", "c"]);
  expect(merges[0]).toEqual([1, 2]);
  expect(merges[1]).toEqual([4, 3]); // abc, 3 times
  expect(merges[2]).toEqual([0, 5]); // " abc", twice
  expect(Array.from(tokenizer.encode("abc abc abcab"), (t) => tokenizer.decode([t]))).toEqual([
    "abc",
    " abc",
    " abc",
    "ab",
  ]);
  const tie = trainBpe("xy ab", 6).toJSON() as { merges: [number, number][] };
  expect(tie.merges).toEqual([]); // pairs that occur once are not worth a token
  expect((trainBpe("yxyx abab", 6).toJSON() as { merges: [number, number][] }).merges[0]).toEqual([1, 2]);
});

test("a learnt encoding is shorter, and covers characters that its training text lacks", () => {
  expect(trainBpe(text, 40).encode(text).length).toBeLessThan(characterTokenizer(text).encode(text).length);
  const tokenizer = trainBpe("abab", 5, "ababz!");
  expect(tokenizer.decode(tokenizer.encode("z!ab"))).toBe("z!ab");
  expect(() => trainBpe("abc", 2)).toThrow("A vocabulary of 2 is smaller than the text's 3 characters");
  expect(() => trainBpe("abc", 4.5)).toThrow("A vocabulary of 4.5");
});

test("unknown characters, tokens outside the vocabulary and bytes that are no text are named", async () => {
  const tokenizers = [characterTokenizer(text), trainBpe(text, 30), await gpt2Tokenizer()];
  for (const tokenizer of tokenizers)
    for (const bad of [-1, tokenizer.size, 1.5])
      expect(() => tokenizer.decode([0, bad])).toThrow(
        `Token ${bad} is outside this tokenizer's vocabulary 0 … ${tokenizer.size - 1}.`,
      );
  for (const tokenizer of tokenizers.slice(0, 2))
    expect(() => tokenizer.encode("the Q")).toThrow('The character "Q" is not in this model\'s vocabulary; remove it.');
  expect(() => decodeUtf8(Uint8Array.of(0x61, 0xff, 0xfe))).toThrow("not valid UTF-8");
  expect(decodeUtf8(new TextEncoder().encode(text))).toBe(text);
});

test("JSON that is no tokenizer is refused", async () => {
  for (const bad of [null, 3, "gpt-3", {}, { characters: ["a"], merges: [] }, { characters: ["a", ""], merges: [] }])
    expect(() => tokenizerFrom(bad)).toThrow("This is no tokenizer");
  expect(() => tokenizerFrom({ characters: ["a", "b"], merges: [[0, -1]] })).toThrow("This is no tokenizer");
  expect(() => tokenizerFrom({ characters: ["a", "b"], merges: [[0, 2]] })).toThrow(
    "The merge [0, 2] refers to tokens that come after it.",
  );
  await expect(loadTokenizer({ characters: 1 })).rejects.toThrow("This is no tokenizer");
});

test("GPT-2's tokens", async () => {
  const tokenizer = await gpt2Tokenizer();
  expect(tokenizer.size).toBe(50_257);
  expect(Array.from(tokenizer.encode("Hello world"))).toEqual([15496, 995]);
  expect(tokenizer.decode(tokenizer.encode(text))).toBe(text);
  const stored = JSON.parse(JSON.stringify({ tokenizer }));
  expect(stored.tokenizer).toBe("gpt2");
  expect((await loadTokenizer(stored.tokenizer)).encode("Hello")).toEqual(Int32Array.of(15496));
});
