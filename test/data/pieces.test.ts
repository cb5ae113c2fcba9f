import { expect, test } from "vitest";
import { tokenPieces } from "../../src/data/tokens/pieces.js";
import { characterTokenizer, gpt2Tokenizer, trainBpe } from "../../src/data/tokens/tokenizer.js";

test("a token's piece is its text, a masked one's the blank", () => {
  const letters = characterTokenizer("abc");
  expect(tokenPieces(Int32Array.of(0, 3, 2), letters, "_")).toEqual(["a", "_", "c"]);
  const merged = trainBpe("ab ab ab", 5);
  expect(tokenPieces(merged.encode("ab ab"), merged, "_").join("")).toBe("ab ab");
});

test("a character of several tokens is the piece of the last of them", async () => {
  const gpt2 = await gpt2Tokenizer();
  const text = "a 🦉 and a 龘";
  const tokens = gpt2.encode(text);
  const pieces = tokenPieces(tokens, gpt2, "_");
  expect(pieces).toHaveLength(tokens.length);
  expect(pieces.join("")).toBe(text);
  expect(pieces).toContain("");
  // A part of a character, which nothing completes, is as the tokenizer shows it, and what follows is whole
  const owl = [...gpt2.encode("🦉")];
  const broken = Int32Array.of(owl[0], gpt2.size, ...gpt2.encode(" and"));
  expect(tokenPieces(broken, gpt2, "_")).toEqual(["\uFFFD", "_", " and"]);
  expect(gpt2.decode([owl[0]])).toBe("\uFFFD");
  expect(gpt2.decode(gpt2.encode("x"))).toBe("x"); // and the next text has nothing of it
});
