import { expect, test } from "vitest";
import { constant, linearGrid, loop } from "../../../src/methods/discrete/kappa.js";
import { nucleusFilter } from "../../../src/methods/discrete/prediction.js";
import { maskedProcess, uniformProcess } from "../../../src/methods/discrete/process.js";
import {
  continuation,
  guided,
  KEPT,
  type PsiOptions,
  type PsiStep,
  psiSample,
  RENOISED,
} from "../../../src/methods/discrete/sampler.js";
import { cosine, logLinear } from "../../../src/methods/discrete/schedule.js";
import { Random } from "../../../src/random/index.js";
import { exactDenoiser, guidedPsi, markov, outputLaw } from "./enumerate.js";

const collect = async (steps: AsyncGenerator<PsiStep>) => {
  const all: PsiStep[] = [];
  for await (const step of steps) all.push(step);
  return all;
};
const p = Float64Array.of(0.6, 0.3, 0.1);
const constantDenoiser = (tokens: Int32Array) =>
  Float32Array.from({ length: tokens.length * 3 }, (_, i) => Math.log(p[i % 3]));

test("samples follow the exact law", async () => {
  for (const process of [uniformProcess(3), maskedProcess(3)])
    for (const kappa of [1, 0.6]) {
      const count = 60_000;
      const options: PsiOptions = { length: count, steps: 4, random: new Random(5), kappa: constant(kappa) };
      const steps = await collect(psiSample(constantDenoiser, process, options));
      expect(steps.at(-1)!.nfe).toBe(5);
      const x = new Float64Array(process.states);
      x.set(p);
      const law = outputLaw(
        process,
        1,
        () => [x],
        Array.from(linearGrid(4), logLinear().alpha),
        new Array(4).fill(kappa),
      );
      const seen = new Float64Array(process.states);
      for (const token of steps.at(-1)!.tokens) seen[token] += 1 / count;
      law.forEach((q, j) => {
        expect(Math.abs(seen[j] - q)).toBeLessThan(4.5 * Math.sqrt((q * (1 - q)) / count) + 1e-9);
      });
    }
});

test("given tokens stay, every change is named, and masked tokens only move through the mask (O23)", async () => {
  const process = maskedProcess(3);
  const given = continuation([2, 1], 40);
  for (const kappa of [1, 0.7]) {
    const options: PsiOptions = { length: 40, steps: 16, given, random: new Random(2), kappa: constant(kappa) };
    const steps = await collect(psiSample(constantDenoiser, process, options));
    let before: Int32Array | null = null;
    let renoised = 0;
    for (const { tokens, changes } of steps) {
      expect(Array.from(tokens.slice(0, 2))).toEqual([2, 1]);
      tokens.forEach((token, i) => {
        if (changes[i] === RENOISED) renoised++;
        if (!before) return;
        expect(changes[i] === KEPT).toBe(token === before[i]);
        if (before[i] !== 3 && token !== before[i]) expect(token).toBe(3);
      });
      before = tokens;
    }
    expect(renoised > 0).toBe(kappa < 1);
    expect(steps.at(-1)!.tokens.includes(3)).toBe(false);
  }
});

test("nucleus (O20)", () => {
  const filtered = (top: number) => {
    const x = Float64Array.of(0.1, 0.5, 0.15, 0.25);
    nucleusFilter(x, top);
    return Array.from(x);
  };
  expect(filtered(1)).toEqual([0.1, 0.5, 0.15, 0.25]);
  expect(filtered(1e-9)).toEqual([0, 1, 0, 0]);
  const some = filtered(0.7);
  expect(some[0] + some[2]).toBe(0);
  expect(some[1]).toBeCloseTo(2 / 3, 12);
});

test("guidance: weights 1 and 0 choose a branch, others are normalised (O22)", async () => {
  const a = Float64Array.of(0.7, 0.3, 0);
  const b = Float64Array.of(0.2, 0.3, 0.5);
  expect(guided(a, b, 1)).toBe(a);
  expect(guided(a, b, 0)).toBe(b);
  const out = guided(a, b, 2);
  expect(out.reduce((s, v) => s + v, 0)).toBeCloseTo(1, 12);
  expect(out[0] / out[1]).toBeCloseTo(0.49 / 0.2 / (0.09 / 0.3), 10);
  expect(out[2]).toBe(0);
  const flat = (tokens: Int32Array) => new Float32Array(tokens.length * 3);
  const options: PsiOptions = {
    length: 50,
    steps: 8,
    random: new Random(1),
    guidance: { weight: 3, unconditional: flat },
  };
  const steps = await collect(psiSample(constantDenoiser, uniformProcess(3), options));
  expect(steps.at(-1)!.nfe).toBe(18);
  expect(steps.at(-1)!.tokens.filter((t) => t === 0).length).toBeGreaterThan(35);
});

/** What `tokens` contain of each state, against a law. */
const expectLaw = (tokens: ArrayLike<number>, law: Float64Array) => {
  const seen = new Float64Array(law.length);
  for (let i = 0; i < tokens.length; i++) seen[tokens[i]] += 1 / tokens.length;
  law.forEach((q, j) => {
    expect(Math.abs(seen[j] - q), `state ${j}`).toBeLessThan(4.5 * Math.sqrt((q * (1 - q)) / tokens.length) + 1e-9);
  });
};

/** Predictions that depend on the state and the noise level, so that samplers differ in what they return. */
const rows = [
  [0.8, 0.15, 0.05],
  [0.1, 0.6, 0.3],
  [0.2, 0.5, 0.3],
  [0.3, 0.3, 0.4],
];
const tilt = (z: number, sigma: number) => rows[z].map((p, j) => Math.log(p) + (j === 0 ? 0.3 * Math.tanh(sigma) : 0));
const dependent = (tokens: Int32Array, sigma: Float32Array) =>
  Float32Array.from(Array.from(tokens, (z) => tilt(z, sigma[0])).flat());
const dependentRow = (states: number) => (state: number, alpha: number) => {
  const e = tilt(state, -Math.log(alpha)).map(Math.exp);
  const x = new Float64Array(states);
  x.set(e.map((v) => v / e.reduce((a, b) => a + b)));
  return [x];
};

test("the loop's grid has its length and its order whatever the steps", () => {
  for (const schedule of [logLinear(), cosine()])
    for (let steps = 8; steps < 80; steps++) {
      const { grid } = loop(schedule, steps);
      expect(grid.length).toBe(steps + 1);
      expect([grid[0], grid[steps]]).toEqual([1, 1e-5]);
      expect(grid.every((t, i) => i === 0 || t <= grid[i - 1])).toBe(true);
      const flat = grid.filter((t) => t === schedule.time(0.9)).length;
      expect(Math.abs(flat - (steps + 1) / 2)).toBeLessThan(4);
    }
});

test("the loop: its grid, its plateau and its law, end to end", async () => {
  const [steps, length] = [34, 6000];
  const schedule = logLinear();
  for (const process of [uniformProcess(3), maskedProcess(3)]) {
    const { grid, kappa } = loop(schedule, steps, { eta: 0.05 });
    const sigmas: number[] = [];
    const denoiser = (tokens: Int32Array, sigma: Float32Array) => {
      sigmas.push(sigma[0]);
      return dependent(tokens, sigma);
    };
    const all = await collect(
      psiSample(denoiser, process, { length, steps, random: new Random(4), schedule, grid, kappa }),
    );
    expect(all.length).toBe(steps + 1);
    const flat = all.filter(({ kappa }) => kappa < 1);
    expect(flat.length).toBeGreaterThan(steps / 2 - 3);
    for (const { alpha, kappa } of flat) {
      expect(alpha).toBeCloseTo(0.9, 12);
      expect(kappa).toBeCloseTo(0.5, 12);
    }
    expect(sigmas.filter((s) => Math.abs(s + Math.log(0.9)) < 1e-6).length).toBe(flat.length + 1);
    const kappas = all.slice(0, steps).map(({ kappa }) => kappa);
    const law = outputLaw(process, 1, dependentRow(process.states), Array.from(grid, schedule.alpha), kappas);
    expectLaw(all.at(-1)!.tokens, law);
  }
});

test("samples of correlated sequences follow the exact law", async () => {
  const [K, L, batch, steps] = [2, 3, 6000, 6];
  const data = markov(K, L, [
    [0.9, 0.1],
    [0.3, 0.7],
  ]);
  for (const process of [uniformProcess(K), maskedProcess(K)]) {
    const n = process.states;
    const exact = exactDenoiser(process, L, data);
    const denoiser = (tokens: Int32Array, sigma: Float32Array) => {
      const out = new Float32Array(tokens.length * n);
      for (let b = 0; b < batch; b++) {
        const state = tokens.subarray(b * L, b * L + L).reduce((s, z) => s * n + z, 0);
        exact(state, Math.exp(-sigma[b])).forEach((x, l) => {
          out.set(x.map(Math.log), (b * L + l) * n);
        });
      }
      return out;
    };
    const random = new Random(8);
    const all = await collect(psiSample(denoiser, process, { length: L, batch, steps, random, kappa: constant(0.7) }));
    const grid = Array.from(linearGrid(steps), logLinear().alpha);
    const law = outputLaw(process, L, exact, grid, new Array(steps).fill(0.7));
    const { tokens } = all.at(-1)!;
    expectLaw(
      Array.from({ length: batch }, (_, b) => tokens.subarray(b * L, b * L + L).reduce((s, z) => s * n + z, 0)),
      law,
    );
  }
});

test("the last step: a draw, the most likely token, or none", async () => {
  for (const process of [uniformProcess(3), maskedProcess(3)]) {
    const run = (final: PsiOptions["final"]) =>
      collect(psiSample(dependent, process, { length: 300, steps: 3, random: new Random(6), final }));
    const [drawn, greedy, none] = [await run("ancestral"), await run("greedy"), await run("none")];
    expect(none.length).toBe(3);
    expect(none.at(-1)!.nfe).toBe(3);
    expect(none.at(-1)!.t).toBeCloseTo(1e-5, 12);
    for (const all of [drawn, greedy]) {
      expect(all.slice(0, 3).map(({ tokens }) => tokens)).toEqual(none.map(({ tokens }) => tokens));
      expect(all.length).toBe(4);
      expect(all.at(-1)).toMatchObject({ step: 4, t: 0, alpha: 1, nfe: 4 });
    }
    const before = none.at(-1)!.tokens;
    const likeliest = (z: number) => rows[z].indexOf(Math.max(...rows[z]));
    expect(greedy.at(-1)!.tokens).toEqual(before.map((z) => (process.kind === "masked" && z !== 3 ? z : likeliest(z))));
  }
  // A masked sequence that was left alone is still all masks at t = 1
  const masked = maskedProcess(3);
  const grid = Float64Array.of(1, 1);
  const still = { length: 20, steps: 1, grid, random: new Random(0), schedule: logLinear(0) };
  const [only] = await collect(psiSample(dependent, masked, { ...still, final: "none" }));
  expect(only.tokens.every((z) => z === 3)).toBe(true);
  const greedy = await collect(psiSample(constantDenoiser, masked, { ...still, final: "greedy" }));
  expect(greedy.at(-1)!.tokens.every((z) => z === 0)).toBe(true);
});

test("masked guidance draws from conditional^w·unconditional^(1 - w)", async () => {
  const process = maskedProcess(3);
  const q = [0.2, 0.3, 0.5];
  const unconditional = (tokens: Int32Array) =>
    Float32Array.from({ length: tokens.length * 3 }, (_, i) => Math.log(q[i % 3]));
  for (const [weight, kappa] of [
    [2, 1],
    [0.5, 1],
    [2, 0.8],
  ]) {
    const options = { length: 6000, steps: 8, random: new Random(3), kappa: constant(kappa) };
    const all = await collect(
      psiSample(constantDenoiser, process, { ...options, guidance: { weight, unconditional } }),
    );
    expect(all.at(-1)!.nfe).toBe(18);
    const raw = q.map((v, j) => p[j] ** weight * v ** (1 - weight));
    const total = raw.reduce((a, b) => a + b);
    expectLaw(all.at(-1)!.tokens, Float64Array.of(...raw.map((v) => v / total), 0));
    all.slice(1).forEach(({ tokens }, n) => {
      const before = all[n].tokens;
      expect(tokens.every((z, i) => z === before[i] || before[i] === 3 || z === 3)).toBe(true);
    });
  }
  const branch = async (weight: number) => {
    const options = { length: 6000, steps: 4, random: new Random(3), guidance: { weight, unconditional } };
    return (await collect(psiSample(constantDenoiser, process, options))).at(-1)!;
  };
  for (const [weight, law] of [
    [1, p],
    [0, q],
  ] as const) {
    const { tokens, nfe } = await branch(weight);
    expect(nfe).toBe(5);
    expectLaw(tokens, Float64Array.of(...law, 0));
  }
});

test("guidance of either noise follows the exact law, in predictor, corrector and last step", async () => {
  // Another network than `dependent`, and a grid so coarse that every step, the last one too, moves many tokens
  const other = [1, 3, 0, 2];
  const unconditional = (tokens: Int32Array, sigma: Float32Array) =>
    dependent(
      tokens.map((z) => other[z]),
      sigma,
    );
  const grid = Float64Array.of(1, 0.75, 0.5, 0.3);
  const alphas = Array.from(grid, logLinear().alpha);
  for (const process of [uniformProcess(3), maskedProcess(3)]) {
    const exact = dependentRow(process.states);
    const exactOther = (state: number, alpha: number) => exact(other[state], alpha);
    for (const weight of [3, 0.5])
      for (const kappa of [1, 0.2])
        for (const final of ["ancestral", "none"] as const) {
          const options = { length: 6000, steps: 3, random: new Random(7), grid, kappa: constant(kappa), final };
          const all = await collect(psiSample(dependent, process, { ...options, guidance: { weight, unconditional } }));
          const kernel = guidedPsi(process, exact, exactOther, weight);
          const kappas = new Array(3).fill(kappa);
          expectLaw(all.at(-1)!.tokens, outputLaw(process, 1, exact, alphas, kappas, final === "ancestral", kernel));
        }
    const greedy = async (weight: number) => {
      const options = { length: 300, steps: 3, random: new Random(7), grid, guidance: { weight, unconditional } };
      return collect(psiSample(dependent, process, { ...options, final: "greedy" }));
    };
    for (const weight of [3, 0.5]) {
      const [before, after] = (await greedy(weight)).slice(-2).map(({ tokens }) => tokens);
      const [alpha] = alphas.slice(-1);
      const best = Array.from({ length: process.states }, (_, z) => {
        const [[a], [b]] = [exact(z, alpha), exactOther(z, alpha)];
        const scores = [0, 1, 2].map((j) => weight * Math.log(a[j]) + (1 - weight) * Math.log(b[j]));
        return process.kind === "masked" && z !== 3 ? z : scores.indexOf(Math.max(...scores));
      });
      expect(after).toEqual(before.map((z) => best[z]));
    }
  }
});

test("given tokens may differ by sequence, and the rest still follows the law", async () => {
  const [length, batch] = [4, 1500];
  const process = uniformProcess(3);
  const given = Int32Array.from({ length: length * batch }, (_, i) =>
    i % length === Math.floor(i / length) % length ? Math.floor(i / length) % 3 : -1,
  );
  const options: PsiOptions = { length, batch, steps: 5, random: new Random(2), given, kappa: constant(0.8) };
  const all = await collect(psiSample(dependent, process, options));
  for (const { tokens, changes } of all)
    given.forEach((token, i) => {
      if (token === -1) return;
      expect(tokens[i]).toBe(token);
      expect(changes[i]).toBe(KEPT);
    });
  const grid = Array.from(linearGrid(5), logLinear().alpha);
  const law = outputLaw(process, 1, dependentRow(3), grid, new Array(5).fill(0.8));
  expectLaw(
    all.at(-1)!.tokens.filter((_, i) => given[i] === -1),
    law,
  );
});

test("the same generator gives the same tokens; a denoiser may be a promise and may have a logit for the mask", async () => {
  const process = maskedProcess(3);
  const options = () => ({
    length: 50,
    batch: 2,
    steps: 6,
    random: new Random(9),
    kappa: constant(0.9),
    nucleus: 0.95,
  });
  const plain = await collect(psiSample(constantDenoiser, process, options()));
  const wide = async (tokens: Int32Array) =>
    Float32Array.from({ length: tokens.length * 4 }, (_, i) => (i % 4 === 3 ? 50 : Math.log(p[i % 4])));
  expect(await collect(psiSample(wide, process, options()))).toEqual(plain);
});

test("bad input is named", async () => {
  const run = (options: Partial<PsiOptions>) =>
    collect(psiSample(constantDenoiser, uniformProcess(3), { length: 4, steps: 2, random: new Random(0), ...options }));
  await expect(run({ given: Int32Array.of(0, 3, -1, -1) })).rejects.toThrow("Token 3 at position 1");
  await expect(run({ kappa: () => 2 })).rejects.toThrow("kappa must be in [0, 1], got 2");
  await expect(run({ nucleus: 0 })).rejects.toThrow("nucleus must be in (0, 1], got 0");
  expect(() => continuation([1, 2, 3], 2)).toThrow("The prompt has 3 tokens, the sequence 2");
  for (const name of ["steps", "batch", "length"])
    for (const value of [0, 1.5, -2])
      await expect(run({ [name]: value })).rejects.toThrow(`${name} must be a positive integer, got ${value}`);
  for (const first of [-1, 1.5, Number.NaN])
    await expect(run({ first })).rejects.toThrow(`first must be a whole number, got ${first}`);
  await expect(run({ final: "last" as never })).rejects.toThrow(
    'final must be one of ancestral, greedy, none, got "last"',
  );
  await expect(run({ nucleus: 1.1 })).rejects.toThrow("nucleus must be in (0, 1], got 1.1");
  await expect(run({ kappa: () => Number.NaN })).rejects.toThrow("kappa must be in [0, 1], got NaN");
  const order = "The times of a grid must lie in [0, 1] and not increase";
  await expect(run({ grid: Float64Array.of(1, 0.2, 0.5) })).rejects.toThrow(order);
  await expect(run({ grid: Float64Array.of(1.5, 1, 0.5) })).rejects.toThrow(order);
  await expect(run({ grid: Float64Array.of(1, Number.NaN, 0) })).rejects.toThrow(order);
  await expect(run({ grid: Float64Array.of(1, 0) })).rejects.toThrow("2 steps take a grid of 3 times, got 2");
  await expect(run({ given: new Int32Array(5) })).rejects.toThrow(
    "5 given tokens fit neither the length 4 nor 1 sequences of it",
  );
  await expect(run({ given: Int32Array.of(-2, 0, 0, 0) })).rejects.toThrow("Token -2");
  const narrow = psiSample(() => new Float32Array(8), uniformProcess(3), {
    length: 4,
    steps: 2,
    random: new Random(0),
  });
  await expect(collect(narrow)).rejects.toThrow("The denoiser gave 8 logits for 4 tokens of 3 kinds");
  const broken = psiSample(() => new Float32Array(12).fill(Number.NaN), uniformProcess(3), {
    length: 4,
    steps: 2,
    random: new Random(0),
  });
  await expect(collect(broken)).rejects.toThrow("the denoiser's logits are not finite");
  expect(() => loop(logLinear(), 3)).toThrow("3 steps are too few for a loop");
  expect(() => loop(logLinear(), 64, { before: 0.7, plateau: 0.5 })).toThrow("before + plateau must be in [0, 1]");
});

test("guided masked sampling keeps the schedule's share of masks, 1 - alpha", async () => {
  const logits = (q: number[]) => (tokens: Int32Array) =>
    Float32Array.from({ length: tokens.length * 3 }, (_, i) => Math.log(q[i % 3]));
  const guidance = { weight: 3, unconditional: logits([0.1, 0.1, 0.8]) };
  const options: PsiOptions = { length: 20_000, steps: 8, random: new Random(0), guidance };
  for (const { tokens, alpha } of await collect(psiSample(logits([0.8, 0.1, 0.1]), maskedProcess(3), options)))
    expect(Math.abs(tokens.filter((z) => z === 3).length / 20_000 - (1 - alpha))).toBeLessThan(0.015);
});
