import { expect, test } from "vitest";
import { type Kappa, ancestral, constant, linearGrid, rescale, within } from "../../../src/methods/discrete/kappa.js";
import { maskedProcess, uniformProcess } from "../../../src/methods/discrete/process.js";
import { logLinear } from "../../../src/methods/discrete/schedule.js";
import { Random } from "../../../src/random/index.js";
import { digits, type ExactDenoiser, entropy, exactDenoiser, markov, outputLaw, totalVariation } from "./enumerate.js";
const perturb = (seed: number, K: number, L: number) => {
  const random = new Random(seed);
  const factors = new Map<number, Float64Array>();
  return (x: Float64Array, state: number, l: number) => {
    const key = state * L + l;
    let f = factors.get(key);
    if (!f) { f = x.map((_, j) => (j < K ? Math.exp(random.normal()) : 0)); factors.set(key, f); }
    let t = 0;
    const raw = x.map((p, j) => { const v = Math.max(p,1e-12) * f![j]; t += v; return v; });
    return raw.map((v) => v / t);
  };
};
const run = (process: any, L: number, d: ExactDenoiser, N: number, kappa: Kappa) => {
  const grid = linearGrid(N); const s = logLinear(); const alphas = Array.from(grid, s.alpha);
  const ks = Array.from({ length: N }, (_, i) => kappa({ t: grid[i], s: grid[i + 1], alphaT: alphas[i], alphaS: alphas[i + 1], step: i, steps: N }));
  return outputLaw(process, L, d, alphas, ks);
};
test("A", () => {
  const process = maskedProcess(3);
  const data = Float64Array.from({ length: 81 }, (_, i) => digits(i, 3, 4).reduce((a, b) => a + b) % 3 === 0 ? 1 / 27 : 0);
  const full = new Float64Array(256);
  data.forEach((p, i) => { full[digits(i, 3, 4).reduce((s, d) => s * 4 + d, 0)] = p; });
  for (const seed of [0, 1, 2, 3, 4]) {
    const base = exactDenoiser(process, 4, data, perturb(seed, 3, 4));
    const table = Array.from({ length: 256 }, (_, i) => base(i, 0.5));
    const t0 = Date.now();
    const rows = [256, 1024].map((N) => [ancestral(), constant(0.95), constant(.8), rescale(.05)].map((k) => { const o = run(process, 4, (i) => table[i], N, k); return `${totalVariation(o, full).toFixed(4)}/${entropy(o).toFixed(3)}`; }));
    console.log(seed, JSON.stringify(rows), Date.now() - t0);
  }
}, 200000);
test("B", () => {
  const process = uniformProcess(4);
  const T = [0,1,2,3].map((i) => [0,1,2,3].map((j) => j === i ? .55 : j === (i + 1) % 4 ? .41 : .02));
  const data = markov(4, 4, T);
  console.log("H", entropy(data));
  const g = (o: Float64Array) => -o.reduce((s, p, i) => s + p * Math.log(Math.max(data[i], 1e-6)), 0);
  for (const seed of [0, 1, 2]) {
    const t0 = Date.now();
    const rows = [32, 64, 256].map((N) => [ancestral(), constant(0.95), within({on:.5,off:.1},constant(.8))].map((k) => { const o = run(process, 4, exactDenoiser(process, 4, data, perturb(seed, 4, 4)), N, k); return `${g(o).toFixed(4)}/${entropy(o).toFixed(3)}/${totalVariation(o,data).toFixed(3)}`; }));
    console.log(seed, JSON.stringify(rows), Date.now() - t0);
  }
}, 200000);
test("C", () => {
  for (const process of [uniformProcess(4), maskedProcess(4)]) {
  const T = [0,1,2,3].map((i) => [0,1,2,3].map((j) => j === i ? .55 : j === (i + 1) % 4 ? .41 : .02));
  const data = markov(4, 4, T);
  const full = new Float64Array(process.states**4);
  data.forEach((p, i) => { full[digits(i, 4, 4).reduce((s, d) => s * process.states + d, 0)] = p; });
    const t0 = Date.now();
  console.log(process.kind, JSON.stringify([16,64].map((N) => [ancestral(), constant(.95)].map((k) => totalVariation(run(process, 4, exactDenoiser(process, 4, data), N, k), full)))), Date.now()-t0);
  }
}, 200000);
