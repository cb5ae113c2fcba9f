import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import * as kappas from "../../../src/methods/discrete/kappa.js";
import {
  cleanPosterior,
  drawClean,
  drawCorrector,
  drawPosterior,
  posterior,
  psiPosterior,
  renoised,
  sources,
} from "../../../src/methods/discrete/posterior.js";
import { densePrediction, drawCategorical } from "../../../src/methods/discrete/prediction.js";
import { marginal, maskedProcess, priorAt, uniformProcess } from "../../../src/methods/discrete/process.js";
import { cosine, drawTimes, logLinear } from "../../../src/methods/discrete/schedule.js";
import { Random } from "../../../src/random/index.js";
import { advance, digits, exactDenoiser, markov, noisyLaw, outputLaw, totalVariation } from "./enumerate.js";

const golden = (name: string) =>
  JSON.parse(readFileSync(new URL(`../../goldens/psi/${name}.json`, import.meta.url), "utf8"));
const close = (a: ArrayLike<number>, b: ArrayLike<number>, tolerance = 1e-12) => {
  expect(a.length).toBe(b.length);
  for (let i = 0; i < a.length; i++) expect(Math.abs(a[i] - b[i]), `entry ${i}`).toBeLessThanOrEqual(tolerance);
};
const random = new Random(3);
const simplex = (n: number, states = n) => {
  const out = new Float64Array(states);
  let total = 0;
  for (let j = 0; j < n; j++) total += out[j] = random.uniform() ** 2 + 1e-3;
  return out.map((p) => p / total);
};
const both = [uniformProcess(5), maskedProcess(5)];
const oneHot = (n: number, j: number) => Float64Array.from({ length: n }, (_, i) => (i === j ? 1 : 0));

test("posteriors equal the golden values (O2)", () => {
  for (const c of golden("posteriors").cases) {
    const process = c.prior === "uniform" ? uniformProcess(c.K) : maskedProcess(c.K);
    const x = Float64Array.from(c.x as number[]);
    close(posterior(process, c.z, x, c.alpha_t, c.alpha_s), c.q_s_given_t);
    close(cleanPosterior(process, c.z, x, c.alpha_t), c.q_0_given_t);
    close(psiPosterior(process, c.z, x, c.alpha_t, c.alpha_s, c.kappa), c.psi);
  }
});

test("marginals compose, and Ψ keeps them (O1, O3, O4)", () => {
  for (const process of both) {
    const states = process.states;
    for (let c = 0; c < process.tokens; c++) {
      const x = oneHot(states, c);
      close(marginal(process, marginal(process, x, 0.6), 0.5), marginal(process, x, 0.3));
      for (const kappa of [0, 0.3, 0.95, 1]) {
        const out = new Float64Array(states);
        marginal(process, x, 0.3).forEach((mass, z) => {
          if (mass > 0)
            psiPosterior(process, z, x, 0.3, 0.7, kappa).forEach((p, j) => {
              out[j] += mass * p;
            });
        });
        close(out, marginal(process, x, 0.7));
      }
      const alphas = [0, ...Array.from({ length: 20 }, () => random.uniform()).sort((a, b) => a - b)];
      const ks = Array.from({ length: 20 }, () => random.uniform());
      const law = outputLaw(process, 1, () => [x], alphas, ks, false);
      close(law, marginal(process, x, alphas[20]), 1e-10);
    }
  }
});

test("limits (O5)", () => {
  for (const process of both) {
    const x = simplex(5, process.states);
    const z = process.kind === "masked" ? 5 : 2;
    for (const kappa of [0, 0.4, 1]) {
      close(psiPosterior(process, z, x, 0.4, 1, kappa), cleanPosterior(process, z, x, 0.4));
      close(psiPosterior(process, z, x, 0, 1, kappa), x);
    }
    expect(psiPosterior(process, z, x, 0.4, 0.6, 1)).toEqual(posterior(process, z, x, 0.4, 0.6));
    close(posterior(process, z, x, 0.4, 0.4), oneHot(process.states, z));
  }
});

test("κ = 1 − σ/(1 − alpha_s) is ReMDM (O6)", () => {
  const process = maskedProcess(5);
  const x = simplex(5, 6);
  const [t, s, sigma] = [0.3, 0.5, 0.2];
  const kappa = 1 - sigma / (1 - s);
  close([psiPosterior(process, 2, x, t, s, kappa)[5]], [sigma]);
  const hidden = psiPosterior(process, 5, x, t, s, kappa);
  close([hidden[5], hidden[1]], [(1 - s - sigma * t) / (1 - t), ((s - (1 - sigma) * t) / (1 - t)) * x[1]]);
});

test("the three-way choice has the posterior's law (O7)", () => {
  for (const process of both)
    for (let z = 0; z < process.states; z++) {
      const x = simplex(5, process.states);
      const out = new Float64Array(process.states);
      cleanPosterior(process, z, x, 0.3).forEach((mass, c) => {
        if (mass === 0) return;
        const from = sources(process, z, c, 0.3, 0.55);
        out[z] += mass * from.old;
        out[c] += mass * from.clean;
        for (let j = 0; j < out.length; j++) out[j] += mass * from.prior * priorAt(process, j);
      });
      close(out, posterior(process, z, x, 0.3, 0.55));
    }
});

test("with the data marginal as denoiser, Ψ keeps model marginals (O8)", () => {
  for (const process of both) {
    const data = simplex(5, process.states);
    for (const kappa of [0, 0.5, 1]) {
      const out = new Float64Array(process.states);
      marginal(process, data, 0.3).forEach((mass, z) => {
        psiPosterior(process, z, data, 0.3, 0.7, kappa).forEach((p, j) => {
          out[j] += mass * p;
        });
      });
      close(out, marginal(process, data, 0.7));
    }
  }
});

test("κ schedules equal the golden values (O18)", () => {
  for (const c of golden("kappa_schedules").cases) {
    const schedule = c.noise === "cosine" ? cosine() : logLinear();
    const grid = kappas.linearGrid(c.N);
    const kappa = c.mode === "cap" ? kappas.cap(c.eta) : kappas.rescale(c.eta, { asReleased: c.variant === "repo" });
    close(grid.map(schedule.alpha), c.alpha);
    const got = Array.from({ length: c.N as number }, (_, i) =>
      kappa({
        t: grid[i],
        s: grid[i + 1],
        alphaT: schedule.alpha(grid[i]),
        alphaS: schedule.alpha(grid[i + 1]),
        step: i,
        steps: c.N,
      }),
    );
    close(got, c.kappa, 1e-10);
  }
});

test("schedules: derivatives and inverses; the loop's plateau; windows; bad values", () => {
  for (const schedule of [logLinear(), cosine()])
    for (const t of [0.1, 0.5, 0.9]) {
      expect((schedule.alpha(t + 1e-6) - schedule.alpha(t - 1e-6)) / 2e-6).toBeCloseTo(schedule.dAlpha(t), 6);
      expect(schedule.time(schedule.alpha(t))).toBeCloseTo(t, 12);
    }
  const { grid, kappa } = kappas.loop(logLinear(), 100);
  expect(grid.length).toBe(101);
  expect(kappa({ t: grid[60], s: grid[61], alphaT: 0.9, alphaS: 0.9, step: 60, steps: 100 })).toBeCloseTo(0.9, 12);
  const windowed = kappas.within({ on: 0.5, off: 0.1 }, kappas.constant(0.8));
  const at = (t: number) => windowed({ t, s: 0, alphaT: 0, alphaS: 0, step: 0, steps: 1 });
  expect([at(0.6), at(0.5), at(0.3), at(0.1)]).toEqual([1, 0.8, 0.8, 1]);
  expect(() => kappas.constant(1.1)).toThrow("kappa must be in [0, 1], got 1.1");
  const times = drawTimes(new Random(0), 8, 0);
  times.forEach((t, b) => {
    expect(Math.floor(t * 8)).toBe(b);
  });
});

test("exact output laws equal the golden values (O17); exact denoiser: ancestral is best (C)", () => {
  const { K, L, data, cases } = golden("sampler_exact");
  const process = uniformProcess(K);
  const law = Float64Array.from(data as number[]);
  const schedule = logLinear();
  for (const c of cases) {
    const grid = kappas.linearGrid(c.N);
    const alphas = Array.from(grid, schedule.alpha);
    const rule =
      c.mode === "anc"
        ? kappas.ancestral()
        : c.mode === "const"
          ? kappas.constant(c.kappaConst)
          : c.mode === "cap"
            ? kappas.cap(c.eta)
            : kappas.rescale(c.eta);
    const ks = Array.from({ length: c.N as number }, (_, i) =>
      rule({ t: grid[i], s: grid[i + 1], alphaT: alphas[i], alphaS: alphas[i + 1], step: i, steps: c.N }),
    );
    const out = outputLaw(process, L, exactDenoiser(process, L, law), alphas, ks);
    close(out, c.out, 1e-10);
    expect(totalVariation(out, law)).toBeCloseTo(c.tv, 9);
  }
  const tv = (N: number, mode: string) =>
    cases.find((c: { N: number; mode: string }) => c.N === N && c.mode === mode).tv;
  expect(tv(64, "const")).toBeGreaterThan(tv(64, "anc"));
});

test("the corrector leaves q_t as it is when one position moves at a time, and nearly so when all do (O16)", () => {
  const alpha = 0.6;
  const data = markov(3, 3, [
    [0.55, 0.43, 0.02],
    [0.02, 0.55, 0.43],
    [0.43, 0.02, 0.55],
  ]);
  for (const process of [uniformProcess(3), maskedProcess(3)]) {
    const n = process.states;
    const joint = noisyLaw(process, 3, data, alpha);
    const denoise = exactDenoiser(process, 3, data);
    for (let l = 0; l < 3; l++) {
      const next = new Float64Array(n ** 3);
      joint.forEach((mass, state) => {
        const z = digits(state, n, 3);
        const x = denoise(state, alpha)[l];
        renoised(process, cleanPosterior(process, z[l], x, alpha), alpha).forEach((p, j) => {
          next[state + (j - z[l]) * n ** (2 - l)] += mass * p;
        });
      });
      close(next, joint);
    }
    const drift = (kappa: number) => totalVariation(advance(process, 3, denoise, joint, [alpha, alpha, kappa]), joint);
    expect(drift(1)).toBe(0);
    if (process.kind === "masked") continue;
    // From test/goldens/psi/make_softmax_and_drift.py
    for (const [kappa, expected] of [
      [0.5, 0.019505861603275755],
      [0.8, 0.003187889540580099],
      [0.95, 0.0002013353364130263],
      [0.99, 8.075730684516114e-6],
    ])
      expect(Math.abs(drift(kappa) - expected)).toBeLessThan(1e-12);
  }
});

describe("categorical draws", () => {
  test("keep a tail of mass 1e-6 with K = 1e5 (O19)", () => {
    const weights = new Float64Array(100_000).fill(1);
    weights[99_999] = 0.1; // one millionth
    const draws = { uniform: () => 1 - 0.5e-6 };
    expect(drawCategorical(weights, draws)).toBe(99_999);
    expect(drawCategorical(weights, { uniform: () => 1 - 1.5e-6 })).toBe(99_998);
  });

  test("a million of them have the law, and a tail of 1e-6 its few (O19)", () => {
    const weights = Float64Array.from({ length: 24 }, (_, j) => (j === 23 ? 1e-6 : (1 + (j % 7)) / 1e2));
    const total = weights.reduce((a, b) => a + b, 0);
    weights[23] *= total;
    const counts = new Float64Array(24);
    const draws = new Random(11);
    for (let n = 0; n < 1e6; n++) counts[drawCategorical(weights, draws)]++;
    let chi2 = 0;
    for (let j = 0; j < 23; j++) chi2 += (counts[j] - (1e6 * weights[j]) / total) ** 2 / ((1e6 * weights[j]) / total);
    expect(chi2).toBeLessThan(48.3); // the 0.999 quantile for 22 degrees of freedom
    expect(chi2).toBeGreaterThan(6.9); // and the 0.001 quantile: too even is wrong, too
    expect(counts[23]).toBeLessThanOrEqual(6);
  });

  test("the tail itself is drawn as often as it should be (O19)", () => {
    // Uniforms from their last hundred-thousandth only, a tenth of which belong to the tail
    const weights = Float64Array.of(1 - 1e-6, 1e-6);
    const draws = new Random(12);
    let count = 0;
    for (let n = 0; n < 100_000; n++)
      count += drawCategorical(weights, { uniform: () => 1 - 1e-5 + 1e-5 * draws.uniform() });
    expect(Math.abs(count - 10_000)).toBeLessThan(5 * Math.sqrt(9000));
  });

  test("keep all 53 bits of a uniform", () => {
    const weights = Float64Array.of(1, 1e-9, 1e-9);
    expect(drawCategorical(weights, { uniform: () => 1 - 1.5e-9 })).toBe(1);
    expect(drawCategorical(weights, { uniform: () => 1 - 0.5e-9 })).toBe(2);
  });

  test("of the clean token, the posterior and the corrector have their laws (O7)", () => {
    const draws = new Random(21);
    const count = 40_000;
    for (const process of [uniformProcess(3), maskedProcess(3)]) {
      const x = Float64Array.of(0.5, 0.3, 0.2, ...(process.kind === "masked" ? [0] : []));
      for (const z of [1, process.states - 1])
        for (const [alphaT, alphaS] of [
          [0.3, 0.45],
          [0.7, 0.8],
        ]) {
          const clean = cleanPosterior(process, z, x, alphaT);
          for (const [draw, law] of [
            [() => drawClean(process, z, densePrediction(x), alphaT, draws), clean],
            [
              () => drawPosterior(process, z, densePrediction(x), alphaT, alphaS, draws).token,
              posterior(process, z, x, alphaT, alphaS),
            ],
            [
              () => drawCorrector(process, z, densePrediction(x), alphaT, alphaS, draws).token,
              renoised(process, clean, alphaS),
            ],
          ] as const) {
            const seen = new Float64Array(process.states);
            for (let n = 0; n < count; n++) seen[draw()]++;
            law.forEach((q, j) => {
              expect(Math.abs(seen[j] / count - q)).toBeLessThan(4.5 * Math.sqrt((q * (1 - q)) / count) + 1e-12);
            });
          }
        }
      expect(x.subarray(0, 3)).toEqual(Float64Array.of(0.5, 0.3, 0.2)); // left as it was
    }
  });

  test("zero weights are never drawn; none positive is an error", () => {
    const weights = Float64Array.of(0, 1, 0, 2, 0);
    expect(drawCategorical(weights, { uniform: () => 0 })).toBe(1);
    expect(drawCategorical(weights, { uniform: () => 1 - 2 ** -53 })).toBe(3);
    expect(() => drawCategorical(new Float64Array(3), { uniform: () => 0.5 })).toThrow("No token has a positive");
    expect(() => drawCategorical(Float64Array.of(Number.NaN), { uniform: () => 0.5 })).toThrow("are not finite");
  });
});
