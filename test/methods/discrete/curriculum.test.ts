import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { largestNormals, relax, relaxTopk, topkSoftmax } from "../../../src/methods/discrete/curriculum.js";
import { distillationDelta, trajectories } from "../../../src/methods/discrete/distillation.js";
import { logMeanExpBelow } from "../../../src/methods/discrete/normal.js";
import {
  exactCurve,
  gaussianLevels,
  polynomialCurve,
  seriesCurve,
  tableCurve,
  transform,
  windowOf,
} from "../../../src/methods/discrete/transform.js";
import { Random } from "../../../src/random/index.js";

const golden = (name: string) =>
  JSON.parse(readFileSync(new URL(`../../goldens/psi/${name}.json`, import.meta.url), "utf8"));

test("T equals the golden values (O11)", () => {
  const { alpha, gamma } = golden("transform_operator");
  for (const { K, alphaTilde, T } of alpha) {
    const g = -Math.log(alphaTilde ** 2 / (1 - alphaTilde ** 2));
    expect(Math.abs(transform(K, g).alpha - T), `K ${K}, ${alphaTilde}`).toBeLessThan(1e-8);
  }
  for (const c of gamma) {
    const { alpha: T, dGamma } = transform(c.K, c.gamma);
    expect(Math.abs(T - c.T)).toBeLessThan(1e-8);
    expect(Math.abs(dGamma - c.dT_dgamma)).toBeLessThan(1e-6 * Math.max(0.01, Math.abs(c.dT_dgamma)));
  }
});

test("table, series and polynomial follow T on the window (O11)", () => {
  for (const K of [27, 50257]) {
    const window = windowOf(K);
    const exact = exactCurve(K, window);
    expect(exact.alpha(0)).toBeCloseTo(0.95, 8);
    expect(exact.alpha(1)).toBeCloseTo(0.05, 8);
    for (const [curve, tolerance] of [
      [tableCurve(K, window, 300), 1e-4],
      [seriesCurve(K, window), 1e-7],
      [polynomialCurve(K, window), 2e-3],
    ] as const)
      for (const t of [0, 0.21, 0.5, 0.83, 1]) {
        expect(Math.abs(curve.alpha(t) - exact.alpha(t))).toBeLessThan(tolerance);
        expect(Math.abs(curve.dAlpha(t) - exact.dAlpha(t))).toBeLessThan(50 * tolerance);
      }
  }
});

test("the noisy tokens of both curricula have T's law", () => {
  const [K, gamma, count] = [27, -2, 8000];
  const tokens = new Int32Array(count).fill(4);
  const { alpha } = transform(K, gamma);
  const expected = alpha + (1 - alpha) / K;
  const full = relax(tokens, K, [gamma], 0.1, new Random(1)).noisy;
  const top = relaxTopk(tokens, [gamma], { vocabulary: K, k: 3, tau: 0.1 }, new Random(2)).noisy;
  for (const noisy of [full, top]) {
    const share = noisy.filter((t) => t === 4).length / count;
    expect(Math.abs(share - expected)).toBeLessThan(4 * Math.sqrt((expected * (1 - expected)) / count));
  }
});

test("order statistics (O13)", () => {
  const random = new Random(7);
  const means = [0, 0, 0];
  const brute = [0, 0, 0];
  for (let n = 0; n < 4000; n++) {
    largestNormals(3, 99, random).forEach((g, j) => {
      means[j] += g / 4000;
    });
    const sorted = Array.from({ length: 99 }, () => random.normal()).sort((a, b) => b - a);
    for (let j = 0; j < 3; j++) brute[j] += sorted[j] / 4000;
  }
  means.forEach((m, j) => {
    expect(Math.abs(m - brute[j])).toBeLessThan(0.04);
  });
});

test("log-mean correction (O14)", () => {
  expect(logMeanExpBelow(0.5, 1)).toBeCloseTo(-0.30696535, 8);
  expect(logMeanExpBelow(-1, 2)).toBeCloseTo(-1.90573652, 8);
  expect(logMeanExpBelow(3, 0.3)).toBeCloseTo(0.045, 8);
});

test("top-k softmax equals the golden values (O15)", () => {
  for (const c of golden("topk_softmax").cases) {
    const cut = c.extraInTopk ? c.topk[c.k - 2] : c.topk[c.k - 1];
    const got = topkSoftmax(c.topk, {
      clean: c.extra,
      kept: c.extraInTopk,
      cut,
      noise: c.sigma,
      tau: c.tau,
      vocabulary: c.K,
    });
    expect(got.logMean).toBeCloseTo(c.log_mu, 9);
    expect(got.logNormaliser).toBeCloseTo(c.log_denom, 9);
    got.weights.forEach((w, i) => {
      expect(Math.abs(w - c.weights[i])).toBeLessThan(1e-12);
    });
    expect(got.weights.reduce((a, b) => a + b, 0)).toBeLessThanOrEqual(1 + 1e-12);
  }
});

test("distillation paths switch once, to the clean token (O21)", () => {
  const tokens = Int32Array.from({ length: 200 }, (_, i) => i % 27);
  const path = trajectories(tokens, 27, new Random(3));
  const grid = Array.from({ length: 100 }, (_, i) => -12 + 0.2 * i).map((g) => path([g]));
  expect(grid[0]).toEqual(tokens);
  for (let i = 0; i < 200; i++) {
    const values = grid.map((z) => z[i]);
    expect(new Set(values).size).toBeLessThanOrEqual(2);
    expect(values.filter((v, n) => n > 0 && v !== values[n - 1]).length).toBeLessThanOrEqual(1);
  }
  const share = (g: number) => {
    const many = new Int32Array(8000);
    return trajectories(many, 27, new Random(4))([g]).filter((t) => t === 0).length / 8000;
  };
  const { alpha } = transform(27, -2);
  expect(Math.abs(share(-2) - (alpha + (1 - alpha) / 27))).toBeLessThan(0.022);
  expect(distillationDelta(4)).toBe(1 / 32);
  expect(gaussianLevels(0).signal).toBeCloseTo(Math.SQRT1_2, 12);
});
