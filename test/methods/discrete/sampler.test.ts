import { expect, test } from "vitest";
import { constant, linearGrid } from "../../../src/methods/discrete/kappa.js";
import { maskedProcess, uniformProcess } from "../../../src/methods/discrete/process.js";
import {
  continuation,
  guided,
  KEPT,
  nucleusFilter,
  type PsiOptions,
  type PsiStep,
  psiSample,
  RENOISED,
} from "../../../src/methods/discrete/sampler.js";
import { logLinear } from "../../../src/methods/discrete/schedule.js";
import { Random } from "../../../src/random/index.js";
import { outputLaw } from "./enumerate.js";

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

test("bad input is named", async () => {
  const run = (options: Partial<PsiOptions>) =>
    collect(psiSample(constantDenoiser, uniformProcess(3), { length: 4, steps: 2, random: new Random(0), ...options }));
  await expect(run({ given: Int32Array.of(0, 3, -1, -1) })).rejects.toThrow("Token 3 at position 1");
  await expect(run({ kappa: () => 2 })).rejects.toThrow("kappa must be in [0, 1], got 2");
  await expect(run({ nucleus: 0 })).rejects.toThrow("nucleus must be in (0, 1], got 0");
  expect(() => continuation([1, 2, 3], 2)).toThrow("The prompt has 3 tokens, the sequence 2");
});
