import { describe, expect, test } from "vitest";
import { nucleusOf } from "../../../src/methods/discrete/nucleus.js";
import { Random } from "../../../src/random/index.js";

/** By the definition: in order of likelihood, first ones first among equals, until those before sum to more than p. */
function byDefinition(logits: Float32Array, log: number, p: number) {
  const order = Array.from(logits.keys()).sort((a, b) => logits[b] - logits[a] || a - b);
  const kept: number[] = [];
  let sum = 0;
  for (const j of order) {
    if (sum > p) break;
    kept.push(j);
    sum += Math.exp(logits[j] - log);
  }
  kept.sort((a, b) => a - b);
  return { tokens: kept, weights: kept.map((j) => Math.exp(logits[j] - log) / sum) };
}

const logOf = (logits: Float32Array) => {
  const top = logits.reduce((max, v) => Math.max(max, v), -Infinity);
  return top + Math.log(logits.reduce((sum, v) => sum + Math.exp(v - top), 0));
};

const random = new Random(3, "nucleus");
const drawn = (K: number, of: (j: number) => number) => Float32Array.from({ length: K }, (_, j) => of(j));
/** Vocabularies that are short and long, vague and sure, with equals, with a few that have all the mass. */
const vocabularies: Record<string, Float32Array> = {
  short: drawn(27, () => 2 * random.normal()),
  "long and vague": drawn(50_257, () => 3 * random.normal()),
  "long and sure": drawn(50_257, (j) => (j === 16_001 ? 14 : j === 17 ? 13 : random.normal())),
  "long, one token that a part of it sees": drawn(50_257, (j) => (j === 160 ? 9.5 : random.normal())),
  "all alike": new Float32Array(5000).fill(-2),
  "few levels": drawn(6000, () => Math.round(2 * random.normal())),
  "almost one": drawn(8000, (j) => (j === 7 ? 40 : 0)),
};

describe.each(Object.entries(vocabularies))("%s", (_, logits) => {
  test.each([0.05, 0.5, 0.9, 0.999])("the nucleus %d is the definition's", (p) => {
    const log = logOf(logits);
    const expected = byDefinition(logits, log, p);
    const [before, after] = [3, 5];
    const row = Float32Array.from([...new Array(before).fill(50), ...logits, ...new Array(after).fill(50)]);
    const found = nucleusOf(row, before, logits.length, log, p);
    expect([...found.tokens]).toEqual(expected.tokens);
    const off = found.weights.map((w, i) => Math.abs(w / expected.weights[i] - 1));
    expect(Math.max(...off)).toBeLessThan(1e-12);
  });
});

test("a float32 normaliser that is a little off takes the same tokens, but for the last one", () => {
  const logits = vocabularies["long and vague"];
  const log = logOf(logits);
  const exact = nucleusOf(logits, 0, logits.length, log, 0.9).tokens.length;
  for (const off of [-1e-5, 1e-5])
    expect(Math.abs(nucleusOf(logits, 0, logits.length, log + off, 0.9).tokens.length - exact)).toBeLessThanOrEqual(2);
});
