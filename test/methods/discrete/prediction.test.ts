import { expect, test } from "vitest";
import { logitPredictions, nucleusFilter } from "../../../src/methods/discrete/prediction.js";
import { maskedProcess, uniformProcess } from "../../../src/methods/discrete/process.js";
import { Random } from "../../../src/random/index.js";

const [K, ROWS] = [50, 3];
const random = new Random(0, "logits");
const logits = Float32Array.from({ length: ROWS * K }, () => 3 * random.normal());
/** Softmax in float64, cut to the nucleus. */
const truth = (row: number, nucleus: number): Float64Array => {
  const x = Float64Array.from(logits.subarray(row * K, (row + 1) * K), Math.exp);
  const total = x.reduce((a, b) => a + b, 0);
  const out = x.map((v) => v / total);
  nucleusFilter(out, nucleus);
  return out;
};
const normalisers = Float32Array.from({ length: ROWS }, (_, row) =>
  Math.log(logits.subarray(row * K, (row + 1) * K).reduce((sum, v) => sum + Math.exp(v), 0)),
);

for (const nucleus of [1, 0.8])
  for (const logNormaliser of [undefined, normalisers])
    test(`nucleus ${nucleus}, ${logNormaliser ? "the network's" : "own"} normaliser: values and draws`, () => {
      const digits = logNormaliser ? 6 : 12;
      for (const process of [uniformProcess(K), maskedProcess(K)]) {
        const predictions = logitPredictions(process, logits, { rows: ROWS, nucleus, logNormaliser });
        for (let row = 0; row < ROWS; row++) {
          const expected = truth(row, nucleus);
          const prediction = predictions(row);
          const dense = prediction.dense().slice();
          expect(dense).toHaveLength(process.states);
          for (let j = 0; j < K; j++) {
            expect(dense[j]).toBeCloseTo(expected[j], digits);
            expect(prediction.at(j)).toBeCloseTo(expected[j], digits);
          }
          if (process.states > K) expect([dense[K], prediction.at(K)]).toEqual([0, 0]);
        }
      }
      const prediction = logitPredictions(uniformProcess(K), logits, { rows: ROWS, nucleus, logNormaliser })(1);
      const expected = truth(1, nucleus);
      const best = expected.indexOf(Math.max(...expected));
      const draws = new Random(1, "draws");
      const N = 40_000;
      for (const except of [undefined, best]) {
        const counts = new Float64Array(K);
        for (let n = 0; n < N; n++) counts[prediction.draw(draws, except)]++;
        const left = except === undefined ? 1 : 1 - expected[best];
        expected.forEach((p, j) => {
          const share = j === except ? 0 : p / left;
          expect(Math.abs(counts[j] - N * share)).toBeLessThanOrEqual(5 * Math.sqrt(N * share * (1 - share)) + 1e-9);
        });
      }
    });

test("a row without any finite logit is an error, not a token", () => {
  const bad = new Float32Array(K).fill(Number.NaN);
  const prediction = logitPredictions(uniformProcess(K), bad, { rows: 1, nucleus: 1 })(0);
  expect(() => prediction.draw(random)).toThrow("logits are not finite");
});
