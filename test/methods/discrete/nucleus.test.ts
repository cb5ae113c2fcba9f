import { describe, expect, test } from "vitest";
import { exponential } from "../../../src/methods/discrete/exponential.js";
import { isIn, nucleusOf, weightIn } from "../../../src/methods/discrete/nucleus.js";
import { Random } from "../../../src/random/index.js";

type Row = Float32Array | Float64Array;

const random = new Random(3, "nucleus");
const below = (n: number) => Math.floor(random.uniform() * n);

/** By the definition: in order of likelihood, first ones first among equals, until those before sum to more than p. */
function byDefinition(logits: Row, log: number, p: number, massOf: (d: number) => number = exponential) {
  const order = Array.from(logits.keys()).sort((a, b) =>
    logits[b] > logits[a] ? 1 : logits[b] < logits[a] ? -1 : a - b,
  );
  const kept: number[] = [];
  let sum = 0;
  for (const j of order) {
    const mass = massOf(logits[j] - log);
    if (sum > p || mass === 0) break;
    kept.push(j);
    sum += mass;
  }
  kept.sort((a, b) => a - b);
  return { tokens: kept, weights: kept.map((j) => massOf(logits[j] - log) / sum) };
}

const logOf = (logits: Row) => {
  let [top, sum] = [-Infinity, 0];
  for (const v of logits) top = Math.max(top, v);
  for (const v of logits) sum += Math.exp(v - top);
  return top + Math.log(sum);
};

function expectDefinition(logits: Row, log: number, p: number, what: string) {
  const expected = byDefinition(logits, log, p);
  const found = nucleusOf(logits, 0, logits.length, log, p);
  const same = found.tokens.length === expected.tokens.length && found.tokens.every((t, i) => t === expected.tokens[i]);
  if (!same) expect([...found.tokens], `${what}, p = ${p}`).toEqual(expected.tokens);
  // The likeliest and the least likely of it, and others of all kinds
  const some = [expected.tokens[0], expected.tokens.at(-1)!, ...Array.from({ length: 4 }, () => below(logits.length))];
  const ends = expected.tokens
    .map((token, i) => ({ token, weight: expected.weights[i] }))
    .sort((a, b) => a.weight - b.weight);
  for (const j of [...some, ends[0].token, ends.at(-1)!.token, (ends[0].token + 1) % logits.length]) {
    const i = expected.tokens.indexOf(j);
    const weight = weightIn(logits, 0, logits.length, log, p, j);
    const inside = isIn(logits, 0, logits.length, log, p, j);
    if (inside !== null && inside !== i >= 0) expect(inside, `${what}, p = ${p}: token ${j} is in it`).toBe(i >= 0);
    if (i < 0 ? weight !== 0 : !(Math.abs(weight / expected.weights[i] - 1) < 1e-10))
      expect(weight, `${what}, p = ${p}: token ${j}`).toBe(i < 0 ? 0 : expected.weights[i]);
  }
  let off = 0;
  found.weights.forEach((w, i) => {
    off = Math.max(off, Math.abs(w / expected.weights[i] - 1));
  });
  expect(off, `${what}, p = ${p}: weights`).toBeLessThan(1e-10);
}

const drawn = (K: number, of: (j: number) => number) => Float32Array.from({ length: K }, (_, j) => of(j));

/** Rows of any length: vague and sure, with equals, with a few that have all the mass, with what floats can be. */
const families: Record<string, (K: number) => Row> = {
  vague: (K) => drawn(K, () => 3 * random.normal()),
  sure: (K) => drawn(K, (j) => (j === K - 1 ? 14 : j === 1 ? 13 : random.normal())),
  "one token that a part does not see": (K) => drawn(K, (j) => (j === K >> 1 ? 9.5 : random.normal())),
  "all alike": (K) => drawn(K, () => -2),
  "few levels": (K) => drawn(K, () => Math.round(2 * random.normal())),
  "two levels": (K) => drawn(K, () => (random.uniform() < 0.3 ? 1 : 0)),
  "almost one": (K) => drawn(K, (j) => (j === K - 1 ? 40 : 0)),
  "one-hot": (K) => drawn(K, (j) => (j === K >> 1 ? 0 : -Infinity)),
  "some impossible": (K) => drawn(K, (j) => (j % 3 === 1 ? -Infinity : 2 * random.normal())),
  "close neighbours": (K) => drawn(K, () => 1 + below(4) * 2 ** -23),
  "denormal logits": (K) => drawn(K, () => below(9) * 2 ** -149),
  "denormal probabilities": (K) => drawn(K, (j) => (j === 0 ? 0 : -700 - 60 * random.uniform())),
  "huge logits": (K) => drawn(K, () => 3e38 * (2 * random.uniform() - 1)),
  "powers of a half": (K) => Float64Array.from({ length: K }, (_, j) => -Math.LN2 * Math.min(j + 1, K - 1)),
  "long tail": (K) => drawn(K, (j) => -Math.log(1 + ((j * 7919) % K))),
};
const LEVELS = [1e-300, 1e-9, 0.05, 0.25, 0.5, 0.75, 0.9, 0.999, 1 - 1e-9, 1 - 2 ** -53, 1];

describe.each(Object.entries(families))("%s", (name, rowOf) => {
  test("short vocabularies have the definition's nucleus", () => {
    for (let K = 2; K <= 130; K++)
      for (const p of [...LEVELS, random.uniform()]) {
        const row = rowOf(K);
        expectDefinition(row, logOf(row), p, `${name}, K = ${K}`);
      }
  });

  test.each([4095, 4096, 5003, 50_257])("a vocabulary of %d has the definition's nucleus", (K) => {
    const row = rowOf(K);
    const log = logOf(row);
    for (const p of LEVELS) expectDefinition(row, log, p, `${name}, K = ${K}`);
    expectDefinition(row, Math.fround(log), random.uniform(), `${name}, K = ${K}, float32 normaliser`);
  });
});

test("partial sums that are p in exact numbers are decided as the sum in order of likelihood is", () => {
  for (const K of [2, 4, 8, 64, 100, 1000, 4096, 8192, 50_000])
    for (const share of [0.1, 0.25, 0.5, 0.75, 0.9]) {
      const row = new Float32Array(K);
      expectDefinition(row, Math.log(K), share, `${K} alike`);
      // Half of them have four times the likelihood of the others
      const halves = Float64Array.from({ length: K }, (_, j) => (j % 2 ? Math.log(4) : 0));
      expectDefinition(halves, Math.log(2.5 * K), share * 0.8, `${K} in halves`);
    }
});

test("the nucleus is Math.exp's too", () => {
  for (let i = 0; i < 200; i++) {
    const row = families.vague(2 + below(3000));
    const [log, p] = [logOf(row), random.uniform()];
    expect([...nucleusOf(row, 0, row.length, log, p).tokens]).toEqual(byDefinition(row, log, p, Math.exp).tokens);
  }
});

test("what was found before does not change what is found", () => {
  const rows = [families.vague(5003), families.sure(5003), families["few levels"](5003)];
  for (let i = 0; i < 60; i++) {
    const row = rows[below(3)];
    expectDefinition(row, logOf(row), [0.1, 0.9, 0.99][below(3)], `round ${i}`);
  }
});

test("a row is found within others, whatever stands beside it", () => {
  for (const K of [27, 5003]) {
    const row = families.vague(K);
    const all = Float32Array.from([50, 50, 50, ...row, 50, 50, 50, 50, 50]);
    const found = nucleusOf(all, 3, K, logOf(row), 0.9);
    expect([...found.tokens]).toEqual(byDefinition(row, logOf(row), 0.9).tokens);
  }
});

test("a float32 normaliser that is a little off takes the same tokens, but for the last one", () => {
  const logits = families.vague(50_257);
  const log = logOf(logits);
  const exact = nucleusOf(logits, 0, logits.length, log, 0.9).tokens.length;
  for (const off of [-1e-5, 1e-5])
    expect(Math.abs(nucleusOf(logits, 0, logits.length, log + off, 0.9).tokens.length - exact)).toBeLessThanOrEqual(2);
});

test("whether a token is in it is told of nearly all", () => {
  const row = families.vague(5003);
  const log = logOf(row);
  const told = Array.from(row, (_, j) => isIn(row, 0, 5003, log, 0.9, j));
  expect(told.filter((inside) => inside === null).length).toBeLessThan(2);
  expect(told.filter((inside) => inside).length).toBeCloseTo(nucleusOf(row, 0, 5003, log, 0.9).tokens.length, -1);
});

test("logits that are no numbers give no probabilities", () => {
  const row = new Float32Array(5000).fill(Number.NaN);
  expect(nucleusOf(row, 0, 5000, Number.NaN, 0.9).tokens.length).toBe(0);
});
