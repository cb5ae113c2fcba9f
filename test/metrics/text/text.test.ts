import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { lineShares, trainKneserNey, unigramEntropies } from "../../../src/metrics/index.js";
import { Random } from "../../../src/random/index.js";

const golden = JSON.parse(readFileSync(new URL("../../goldens/text/kneser_ney.json", import.meta.url), "utf8")) as {
  text: number[];
  vocabulary: number;
  cases: { order: number; context: number[]; p: number[] }[];
  wide: { text: number[]; vocabulary: number; order: number; p: number[] };
};

test("modified Kneser–Ney agrees with counting in exact fractions", () => {
  const { text, vocabulary, cases } = golden;
  for (const { order, context, p } of cases) {
    const model = trainKneserNey(Int32Array.from(text), { order, vocabulary });
    p.forEach((expected, token) => {
      expect(model.logProbability(context, token)).toBeCloseTo(Math.log(expected), 10);
    });
  }
});

test("n-grams that only just fit into a number are told apart", () => {
  const { text, vocabulary, order, p } = golden.wide;
  const tokens = Int32Array.from(text);
  const model = trainKneserNey(tokens, { order, vocabulary });
  p.forEach((expected, i) => {
    expect(model.logProbability(tokens.subarray(0, i), text[i])).toBeCloseTo(Math.log(expected), 10);
  });
});

test("probabilities sum to one in any context, seen or not", () => {
  const { text, vocabulary } = golden;
  const model = trainKneserNey(Int32Array.from(text), { order: 5, vocabulary });
  const random = new Random(0, "contexts");
  for (let i = 0; i < 50; i++) {
    const context = Array.from({ length: random.integer(7) }, () => random.integer(vocabulary));
    const sum = Array.from({ length: vocabulary }, (_, w) => Math.exp(model.logProbability(context, w)));
    expect(sum.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 10);
  }
});

test("text like the training text is more likely than the same letters in another order", () => {
  const words = ["the ", "cat ", "sat ", "on ", "mat "];
  const random = new Random(1, "words");
  const text = Array.from({ length: 2000 }, () => words[random.integer(5)]).join("");
  const letters = [...new Set(text)];
  const ids = Int32Array.from(text, (c) => letters.indexOf(c));
  const model = trainKneserNey(ids.subarray(0, 6000), { order: 6, vocabulary: letters.length });
  const held = ids.slice(6000);
  const shuffled = Int32Array.from(random.permutation(held.length), (i) => held[i]);
  const perToken = model.nats(held) / held.length;
  // Five words, alike likely: the entropy rate is log 5 per word
  expect(perToken).toBeCloseTo(Math.log(5) / (text.length / 2000), 1);
  expect(model.nats(shuffled) / held.length).toBeGreaterThan(2 * perToken);
});

test("what a judge refuses", () => {
  const tokens = Int32Array.of(0, 1, 2, 1, 0);
  expect(() => trainKneserNey(tokens, { order: 0, vocabulary: 3 })).toThrow("order must be a positive whole number");
  expect(() => trainKneserNey(tokens, { order: 2, vocabulary: 2 })).toThrow(
    "Token 2 at position 2 is outside the vocabulary 0 … 1.",
  );
  expect(() => trainKneserNey(tokens, { order: 6, vocabulary: 3 })).toThrow("too short for order 6");
  expect(() => trainKneserNey(tokens, { order: 4, vocabulary: 50257 })).toThrow("take a lower order");
  const model = trainKneserNey(tokens, { order: 2, vocabulary: 3 });
  expect(() => model.nats(Int32Array.of(0, 3))).toThrow("Token 3 is outside the judge's vocabulary 0 … 2.");
  expect(() => model.logProbability([0], 1.5)).toThrow("Token 1.5 is outside the judge's vocabulary");
});

test("unigram entropy: of one token 0, of K alike log K, of each sequence by itself", () => {
  const [one, all] = unigramEntropies(Int32Array.of(2, 2, 2, 2, 0, 1, 2, 3), 4);
  expect(one).toBe(0);
  expect(all).toBeCloseTo(Math.log(4), 12);
  expect(() => unigramEntropies(Int32Array.of(1, 2, 3), 2)).toThrow("no whole number of sequences");
  expect(() => unigramEntropies(new Int32Array(0), 2)).toThrow("no sequences");
});

test("shares of lines", () => {
  const training = new Set(["anna", "hanna"]);
  const shares = lineShares(["anna", "hana", "anna", "nah", ""], training, new Set(["hana"]));
  expect(shares).toEqual({ valid: 3 / 5, known: 2 / 5, novel: 3 / 5, real: 1 / 5, distinct: 4 / 5 });
  expect(() => lineShares([], training, training)).toThrow("no samples");
});
