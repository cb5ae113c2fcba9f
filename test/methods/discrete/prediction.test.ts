import { expect, test } from "vitest";
import { exponential } from "../../../src/methods/discrete/exponential.js";
import { drawClean, drawPosterior } from "../../../src/methods/discrete/posterior.js";
import { densePrediction, logitPredictions, nucleusFilter } from "../../../src/methods/discrete/prediction.js";
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

test("the fast exponential is as exact as doubles are", () => {
  const draws = new Random(5, "arguments");
  let worst = 0;
  for (let i = 0; i < 200_000; i++) {
    const d = -740 * draws.uniform() ** 3;
    if (d > -700) worst = Math.max(worst, Math.abs(exponential(d) / Math.exp(d) - 1));
  }
  expect(worst).toBeLessThan(2e-15);
  expect([exponential(0), exponential(-1e4), exponential(-Infinity)]).toEqual([1, 0, 0]);
  expect(exponential(Number.NaN)).toBeNaN();
});

test("a normaliser that is a little off takes nothing from the last token, and gives it nothing", () => {
  // Two likely tokens and one of 1e-5 at the end; the normaliser is off by half of that
  const p = 1e-5;
  const three = Float32Array.of(Math.log((1 - p) / 2), Math.log((1 - p) / 2), Math.log(p));
  const draws = new Random(6, "draws");
  for (const off of [-5e-6, 5e-6]) {
    const options = { rows: 1, nucleus: 1, logNormaliser: Float32Array.of(off) };
    const prediction = logitPredictions(uniformProcess(3), three, options)(0);
    // Only the last thousandth of the uniforms is looked at; of it a tenth lies beyond the end, and is drawn anew
    const [N, part] = [1_000_000, 1e-3];
    const width = 1 - (1 - part) * (1 + 1e-4);
    let last = 0;
    for (let n = 0; n < N; n++) if (prediction.draw({ uniform: () => 1 - part * draws.uniform() }) === 2) last++;
    expect(Math.abs((last / N) * width - p)).toBeLessThan(0.02 * p + 5 * Math.sqrt((p * part) / N));
  }
});

/** Softmax of one row cut to its nucleus, by sorting. */
function sortedNucleus(row: Float32Array, p: number): Float64Array {
  const total = row.reduce((sum, v) => sum + Math.exp(v), 0);
  const x = Float64Array.from(row, (v) => Math.exp(v) / total);
  let sum = 0;
  for (const j of Array.from(x.keys()).sort((a, b) => x[b] - x[a] || a - b)) {
    if (sum > p) x[j] = 0;
    else sum += x[j];
  }
  return x.map((v) => v / sum);
}

test.each([50, 6000])(
  "a vocabulary of %d: bounds hold, and the same seed draws what a sorted nucleus draws",
  (size) => {
    const draws = new Random(7, `rows of ${size}`);
    let decided = 0;
    for (let n = 0; n < 400; n++) {
      const nucleus = [0.05, 0.5, 0.9, 0.99][n % 4];
      const spread = [0.5, 3, 8][n % 3];
      const row = Float32Array.from({ length: size }, () => spread * draws.normal());
      const logNormaliser = Float32Array.of(Math.log(row.reduce((sum, v) => sum + Math.exp(v), 0)));
      const exact = sortedNucleus(row, nucleus);
      for (const network of [true, false]) {
        const given = network ? { logNormaliser } : {};
        const predictions = logitPredictions(uniformProcess(size), row, { rows: 1, nucleus, ...given });
        const z = n % 2 ? draws.integer(size) : exact.indexOf(Math.max(...exact));
        for (const closely of [true, false]) {
          const [low, high] = predictions(0).between(z, closely);
          expect(low).toBeLessThanOrEqual(exact[z]);
          expect(high).toBeGreaterThanOrEqual(exact[z]);
          if (closely) expect(low > 0, `${low} … ${high}`).toBe(exact[z] > 0);
          else if (low > 0) decided++;
        }
        for (const alpha of [0.02, 0.5, 0.98])
          for (const draw of [
            drawPosterior,
            (...[a, b, c, d, _, e]: Parameters<typeof drawPosterior>) => drawClean(a, b, c, d, e),
          ]) {
            const of = (prediction: typeof predictions extends (row: number) => infer P ? P : never) =>
              draw(uniformProcess(size), z, prediction, alpha, Math.min(1, alpha + 0.1), new Random(n, "draw"));
            expect(of(predictions(0))).toEqual(of(densePrediction(exact)));
          }
      }
    }
    expect(decided).toBeGreaterThan(20);
  },
);
