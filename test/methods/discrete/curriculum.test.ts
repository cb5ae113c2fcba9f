import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { largestNormals, relax, relaxTopk, topkSoftmax } from "../../../src/methods/discrete/curriculum.js";
import {
  exactCurve,
  gaussianLevels,
  polynomialCurve,
  seriesCurve,
  tableCurve,
  transform,
  windowOf,
} from "../../../src/methods/discrete/transform.js";
import { logDensity, logMeanExpBelow, logNormalCdf } from "../../../src/metrics/normal.js";
import { Random } from "../../../src/random/index.js";
import { gaussLegendre } from "./enumerate.js";

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

test("order statistics: means, and how often the clean token wins (O13)", () => {
  const random = new Random(7);
  const [k, M, draws, mu] = [3, 999, 20_000, 2.5];
  const means = [0, 0, 0];
  let wins = 0;
  for (let n = 0; n < draws; n++) {
    const largest = largestNormals(k, M, random);
    expect(largest[0] > largest[1] && largest[1] > largest[2]).toBe(true);
    largest.forEach((g, j) => {
      means[j] += g / draws;
    });
    if (mu + random.normal() > largest[0]) wins++;
  }
  // The j-th largest of M has the density M!/((M - j)!·(j - 1)!)·Φ^(M - j)·(1 - Φ)^(j - 1)·φ
  let factor = 1;
  means.forEach((mean, i) => {
    const j = i + 1;
    factor *= (M - j + 1) / Math.max(1, j - 1);
    const density = (z: number) =>
      factor * Math.exp((M - j) * logNormalCdf(z) + (j - 1) * logNormalCdf(-z) + logDensity(z));
    expect(gaussLegendre(density, 200, 0, 9)).toBeCloseTo(1, 9);
    expect(Math.abs(mean - gaussLegendre((z) => z * density(z), 200, 0, 9))).toBeLessThan(0.01);
  });
  const { alpha } = transform(M + 1, -2 * Math.log(mu));
  const P = (alpha * M + 1) / (M + 1);
  expect(Math.abs(wins / draws - P)).toBeLessThan(4 * Math.sqrt((P * (1 - P)) / draws));
});

test("the largest of few: k = M gives all of them, more is an error", () => {
  const random = new Random(8);
  let sum = 0;
  for (let n = 0; n < 5000; n++) sum += largestNormals(2, 2, random).reduce((a, b) => a + b, 0);
  expect(Math.abs(sum / 5000)).toBeLessThan(4 * Math.sqrt(2 / 5000));
  expect(() => largestNormals(3, 2, random)).toThrow("The 3 largest of 2 numbers do not exist");
  const extreme = Array.from({ length: 2000 }, () => largestNormals(2, 50_256, random));
  expect(extreme.every(([a, b]) => Number.isFinite(a) && a > b && b > 2.5 && a < 8)).toBe(true);
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

test("top-k weights approach the softmax over all K (O15)", () => {
  const [K, signal, noise, draws] = [50, 0.9, 0.43, 4000];
  const random = new Random(5);
  const rows = Array.from({ length: draws }, () => {
    const w = Float64Array.from({ length: K }, (_, j) => noise * random.normal() + (j === 0 ? signal : 0));
    const order = Array.from(w.keys())
      .slice(1)
      .sort((a, b) => w[b] - w[a]);
    return { w, order, max: w[0] > w[order[0]] ? w[0] : w[order[0]] };
  });
  /** Mean L1 distance between the k weights, put in their K places, and the exact softmax. */
  const distance = (k: number, tau: number) => {
    let total = 0;
    for (const { w, order, max } of rows) {
      const exact = w.map((v) => Math.exp((v - max) / tau));
      const sum = exact.reduce((a, b) => a + b, 0);
      const kept = w[0] > w[order[k - 1]];
      const ids = [...order.slice(0, kept ? k - 1 : k), ...(kept ? [0] : [])];
      const cut = w[order[kept ? k - 2 : k - 1]];
      const values = ids.map((id) => w[id]);
      const { weights } = topkSoftmax(values, { clean: w[0], kept, cut, noise, tau, vocabulary: K });
      const rest = exact.map((v) => v / sum);
      ids.forEach((id, i) => {
        rest[id] -= weights[i];
      });
      total += rest.reduce((s, v) => s + Math.abs(v), 0);
    }
    return total / draws;
  };
  // Means and their deviations over 4000 draws, from test/goldens/psi/make_softmax_and_drift.py
  for (const [tau, k, mean, deviation] of [
    [0.1, 2, 0.191, 0.0026],
    [0.1, 3, 0.108, 0.0017],
    [0.1, 5, 0.0465, 0.001],
    [0.01, 2, 0.00768, 0.0005],
    [0.01, 3, 0.0005, 0.00007],
    [0.01, 5, 5.7e-6, 3.5e-6],
    [0.001, 2, 0.00049, 0.00006],
    [0.001, 3, 2.5e-6, 1.4e-6],
    [0.001, 5, 0, 1e-9],
  ])
    expect(Math.abs(distance(k, tau) - mean), `tau ${tau}, k ${k}`).toBeLessThan(4.5 * deviation);
});

test("both curricula: shapes, where the weight lies, and the tokens that the weights name", () => {
  const [K, count] = [27, 400];
  const tokens = Int32Array.from({ length: count }, (_, i) => (i * 7) % K);
  const gamma = [-6, -2.5, -2, 3];
  const { scaled, noisy } = relax(tokens, K, gamma, 0.1, new Random(1));
  expect(scaled.length).toBe(count * K);
  noisy.forEach((z, i) => {
    const row = Array.from(scaled.subarray(i * K, (i + 1) * K));
    expect(Math.max(...row)).toBe(0);
    expect(row[z]).toBe(0);
  });
  expect(noisy.subarray(0, 100)).toEqual(tokens.subarray(0, 100)); // nearly no noise
  expect(noisy.subarray(300).filter((z, i) => z === tokens[300 + i]).length).toBeLessThan(25); // nearly no signal
  for (const k of [2, 5]) {
    const top = relaxTopk(tokens, gamma, { vocabulary: K, k, tau: 1e-3 }, new Random(2));
    top.noisy.forEach((z, i) => {
      const ids = Array.from(top.indices.subarray(i * k, (i + 1) * k));
      const weights = Array.from(top.weights.subarray(i * k, (i + 1) * k));
      expect(new Set(ids).size).toBe(k);
      expect(ids.every((id) => id >= 0 && id < K)).toBe(true);
      expect(weights.reduce((a, b) => a + b, 0)).toBeLessThanOrEqual(1 + 1e-6);
      expect(ids[weights.indexOf(Math.max(...weights))]).toBe(z);
    });
  }
});

test("a top-k row is what its order statistics make it", () => {
  const [K, k, gamma, tau, token] = [12, 3, -1, 0.2, 7];
  const { signal, noise } = gaussianLevels(gamma);
  let [both, neither] = [0, 0];
  for (let seed = 0; seed < 60; seed++) {
    const row = relaxTopk(Int32Array.of(token), [gamma], { vocabulary: K, k, tau }, new Random(seed));
    const random = new Random(seed);
    const others = largestNormals(k, K - 1, random).map((g) => noise * g);
    const clean = signal + noise * random.normal();
    const kept = clean > others[k - 1];
    const values = kept ? [...others.slice(0, k - 1), clean] : [...others];
    // The tokens that were not drawn lie below the smallest other that was
    const cut = kept ? others[k - 2] : others[k - 1];
    const { weights } = topkSoftmax(values, { clean, kept, cut, noise, tau, vocabulary: K });
    weights.forEach((w, i) => {
      expect(row.weights[i]).toBeCloseTo(w, 6);
    });
    expect(row.indices.lastIndexOf(token)).toBe(kept ? k - 1 : -1);
    expect(row.noisy[0]).toBe(clean > others[0] ? token : row.indices[0]);
    if (kept) both++;
    else neither++;
  }
  expect(both).toBeGreaterThan(5);
  expect(neither).toBeGreaterThan(5);
});

test("bad curriculum options are named", () => {
  const top = { vocabulary: 5, k: 2, tau: 0.1 };
  const run = (options: Partial<typeof top>) =>
    relaxTopk(new Int32Array(2), [0], { ...top, ...options }, new Random(0));
  expect(() => run({ k: 1 })).toThrow("k must be an integer from 2 to the vocabulary less one (4), got 1");
  expect(() => run({ k: 5 })).toThrow("got 5");
  expect(() => run({ tau: 0 })).toThrow("temperature tau must be positive, got 0");
  expect(() => relax(new Int32Array(2), 5, [0], -1, new Random(0))).toThrow("tau must be positive, got -1");
  expect(() => windowOf(27, { low: 0.9, high: 0.1 })).toThrow("0 < low < high < 1, got 0.9 and 0.1");
});

test("T: closed form for two tokens, its ends and its slope (O11)", () => {
  const cdf = (x: number) => Math.exp(logNormalCdf(x));
  for (const gamma of [-4, -2, 0, 3]) {
    const mu = Math.exp(-gamma / 2);
    expect(Math.abs(transform(2, gamma).alpha - (2 * cdf(mu / Math.SQRT2) - 1))).toBeLessThan(1e-10);
  }
  for (const K of [2, 27, 50257]) {
    const values = Array.from({ length: 41 }, (_, i) => transform(K, -6 + 0.3 * i).alpha);
    values.slice(1).forEach((v, i) => {
      expect(v).toBeLessThanOrEqual(values[i]);
    });
    expect(transform(K, -9).alpha).toBeCloseTo(1, 10);
    expect(Math.abs(transform(K, 40).alpha)).toBeLessThan(1e-7);
    const h = 1e-4;
    const slope = (transform(K, -2 + h).alpha - transform(K, -2 - h).alpha) / (2 * h);
    expect(transform(K, -2).dGamma).toBeCloseTo(slope, 6);
  }
});
