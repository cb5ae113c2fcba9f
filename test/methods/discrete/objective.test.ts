import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import {
  levelsOf,
  maskedNelbo,
  nelbo,
  uniformLoss,
  uniformNelbo,
  uniformNelboDirect,
} from "../../../src/methods/discrete/objective.js";
import { corrupt, maskedProcess, uniformProcess } from "../../../src/methods/discrete/process.js";
import { Random } from "../../../src/random/index.js";
import { compile } from "../../../src/runtime/index.js";
import { grad } from "../../../src/tensor/index.js";
import { simplexOf } from "./enumerate.js";

const golden = (name: string) =>
  JSON.parse(readFileSync(new URL(`../../goldens/psi/${name}.json`, import.meta.url), "utf8"));
const cases = golden("nelbo_tokens").cases.map((c: { K: number; xTheta: number[] | string }) => ({
  ...c,
  x: Float64Array.from(typeof c.xTheta === "string" ? new Array(c.K).fill(1 / c.K) : c.xTheta),
}));

test("both forms equal the golden values and vanish at the truth (O9)", () => {
  for (const c of cases) {
    const state = { clean: c.x0, noisy: c.z, x: c.x, alpha: c.alpha, dAlpha: c.dalpha };
    const tolerance = 1e-9 * Math.max(1, c.nelbo);
    expect(Math.abs(uniformNelboDirect(state) - c.nelbo)).toBeLessThan(tolerance);
    expect(Math.abs(uniformNelbo(state) - c.nelbo)).toBeLessThan(tolerance);
    const truth = c.x.map((_: number, j: number) => (j === c.x0 ? 1 : 0));
    expect(Math.abs(uniformNelbo({ ...state, x: truth }))).toBeLessThan(1e-9);
  }
});

test("the float32 graph equals the golden values, with finite gradients", async () => {
  for (const c of cases) {
    const shape = {
      logits: [1, 1, c.K],
      clean: { shape: [1, 1], dtype: "int32" },
      noisy: { shape: [1, 1], dtype: "int32" },
      alpha: [1],
      rest: [1],
      dAlpha: [1],
    } as const;
    const program = compile(shape, ({ logits, clean, noisy, alpha, rest, dAlpha }) => {
      const loss = uniformLoss(logits, clean, noisy, { alpha, rest, dAlpha }).mean();
      return { loss, gradient: grad(loss, [logits])[0] };
    });
    const out = await program.run({
      logits: Float32Array.from(c.x as Float64Array, Math.log),
      clean: Int32Array.of(c.x0),
      noisy: Int32Array.of(c.z),
      ...levelsOf(Float64Array.of(c.alpha), Float64Array.of(c.dalpha)),
    });
    expect(Math.abs(out.loss[0] - c.nelbo)).toBeLessThan(2e-4 * Math.max(1, c.nelbo));
    expect(out.gradient.every(Number.isFinite)).toBe(true);
  }
});

const random = new Random(9);

test("on random states both forms agree and none is negative; both vanish at the truth (O9)", () => {
  for (let n = 0; n < 3000; n++) {
    const K = 2 + random.integer(40);
    const state = {
      clean: random.integer(K),
      noisy: random.integer(K),
      x: simplexOf(K, random),
      alpha: 0.001 + 0.998 * random.uniform(),
      dAlpha: -0.1 - random.uniform(),
    };
    const f = uniformNelbo(state);
    expect(f).toBeGreaterThan(0);
    expect(Math.abs(f - uniformNelboDirect(state))).toBeLessThan(1e-9 * Math.max(1, f));
    const truth = { ...state, x: state.x.map((_, j) => (j === state.clean ? 1 : 0)) };
    expect(Math.abs(uniformNelbo(truth))).toBeLessThan(1e-9);
    expect(Math.abs(uniformNelboDirect(truth))).toBeLessThan(1e-9);
  }
});

test("the integrand is the Bregman divergence of the density ratios, times the jump rate (O9)", () => {
  for (let n = 0; n < 300; n++) {
    const K = 2 + random.integer(10);
    const [clean, noisy, x] = [random.integer(K), random.integer(K), simplexOf(K, random)];
    const [alpha, dAlpha] = [0.01 + 0.98 * random.uniform(), -1];
    const bar = (p: number) => K * alpha * p + 1 - alpha;
    const truth = (j: number) => bar(j === clean ? 1 : 0) / bar(noisy === clean ? 1 : 0);
    const predicted = (j: number) => bar(x[j]) / bar(x[noisy]);
    let sum = 0;
    for (let j = 0; j < K; j++)
      if (j !== noisy) sum += predicted(j) - truth(j) + truth(j) * Math.log(truth(j) / predicted(j));
    const rate = -dAlpha / (K * alpha);
    const f = uniformNelbo({ clean, noisy, x, alpha, dAlpha });
    expect(Math.abs(f - rate * sum)).toBeLessThan(1e-9 * Math.max(1, f));
  }
});

test("the float32 graph follows float64 on random states, for both processes", async () => {
  const [B, L, K] = [64, 16, 27];
  const tokens = { shape: [B, L], dtype: "int32" } as const;
  // Masked networks may have an output for the mask, which does not count
  for (const process of [uniformProcess(K), maskedProcess(K)])
    for (const width of process.kind === "masked" ? [K, K + 1] : [K]) {
      const program = compile(
        { logits: [B, L, width], clean: tokens, noisy: tokens, alpha: [B], rest: [B], dAlpha: [B] },
        ({ logits, clean, noisy, ...levels }) => ({ loss: nelbo(process, logits, clean, noisy, levels) }),
      );
      const alpha = Float64Array.from({ length: B }, (_, b) => (b + 0.5) / B);
      const dAlpha = alpha.map((a) => -1 - a);
      const logits = Float32Array.from({ length: B * L * width }, () => 3 * random.normal());
      const clean = Int32Array.from({ length: B * L }, () => random.integer(K));
      const noisy = corrupt(process, clean, alpha, random);
      const { loss } = await program.run({ logits, clean, noisy, ...levelsOf(alpha, dAlpha) });
      loss.forEach((got, i) => {
        const row = Float64Array.from(logits.subarray(i * width, i * width + K), Math.exp);
        const total = row.reduce((a, b) => a + b, 0);
        const b = Math.floor(i / L);
        const state = {
          clean: clean[i],
          noisy: noisy[i],
          x: row.map((v) => v / total),
          alpha: alpha[b],
          dAlpha: dAlpha[b],
        };
        const f = process.kind === "uniform" ? uniformNelbo(state) : maskedNelbo(process, state);
        expect(Math.abs(got - f)).toBeLessThan(2e-5 * Math.max(1, f));
      });
      await program.release();
    }
});
