import { expect, test } from "vitest";
import {
  distillationDelta,
  distillationLoss,
  pairTimes,
  trajectories,
} from "../../../src/methods/discrete/distillation.js";
import { gaussianLevels, transform } from "../../../src/methods/discrete/transform.js";
import { Random } from "../../../src/random/index.js";
import { compile } from "../../../src/runtime/index.js";
import { grad } from "../../../src/tensor/index.js";

test("the loss is KL(student ‖ teacher), and only the student has a gradient", async () => {
  const [B, L, K] = [2, 3, 7];
  const random = new Random(1);
  const draw = () => Float32Array.from({ length: B * L * K }, () => 2 * random.normal());
  const [student, teacher] = [draw(), draw()];
  const program = compile({ student: [B, L, K], teacher: [B, L, K] }, ({ student, teacher }) => {
    const loss = distillationLoss(student, teacher);
    const [toStudent, toTeacher] = grad(loss.sum(), [student, teacher]);
    return { loss, same: distillationLoss(student, student), toStudent, toTeacher };
  });
  const out = await program.run({ student, teacher });
  const softmax = (all: Float32Array, row: number) => {
    const values = Float64Array.from(all.subarray(row * K, (row + 1) * K), Math.exp);
    const total = values.reduce((a, b) => a + b, 0);
    return values.map((v) => v / total);
  };
  expect(out.loss.length).toBe(B * L);
  for (let row = 0; row < B * L; row++) {
    const [p, q] = [softmax(student, row), softmax(teacher, row)];
    const kl = p.reduce((sum, v, j) => sum + v * Math.log(v / q[j]), 0);
    expect(Math.abs(out.loss[row] - kl)).toBeLessThan(1e-5 * Math.max(1, kl));
    expect(Math.abs(out.same[row])).toBeLessThan(1e-6);
    p.forEach((v, j) => {
      expect(Math.abs(out.toStudent[row * K + j] - v * (Math.log(v / q[j]) - kl))).toBeLessThan(1e-5);
    });
  }
  expect(out.toTeacher.every((v) => v === 0)).toBe(true);
  await program.release();
});

test("the time step doubles each round, up to one", () => {
  expect([0, 1, 2, 3, 4].map((r) => distillationDelta(r))).toEqual([1 / 512, 1 / 256, 1 / 128, 1 / 64, 1 / 32]);
  expect(distillationDelta(3, 0.3)).toBe(1);
});

test("pairs of times stay in [0, 1], delta apart", () => {
  for (const delta of [1 / 512, 0.25, 1])
    for (const u of [0, 0.3, 0.76, 1]) {
      const { t, s } = pairTimes(u, delta);
      expect(t).toBe(Math.min(1, u + delta));
      expect(t - s).toBeCloseTo(delta, 12);
      expect(s).toBeGreaterThanOrEqual(0);
    }
  expect(pairTimes(1, 0.25)).toEqual({ t: 1, s: 0.75 });
});

test("paths switch at most once, from one other token to the clean one (O21)", () => {
  const tokens = Int32Array.from({ length: 100 }, (_, i) => i % 27);
  const path = trajectories(tokens, 27, new Random(3));
  const grid = Array.from({ length: 4001 }, (_, i) => path([-12 + 0.005 * i]));
  expect(grid[0]).toEqual(tokens);
  let switched = 0;
  for (let i = 0; i < tokens.length; i++) {
    const values = grid.map((z) => z[i]);
    const changes = values.filter((v, n) => n > 0 && v !== values[n - 1]).length;
    expect(new Set(values).size).toBe(changes + 1);
    expect(changes).toBeLessThanOrEqual(1);
    switched += changes;
  }
  expect(switched).toBeGreaterThan(80);
});

test("a path's tokens have the marginals of uniform noise at T(gamma)", () => {
  for (const [K, clean, gammas] of [
    [2, 1, [-2, 1]],
    [5, 0, [-2, 0]],
    [27, 26, [-3, -2, -1]],
  ] as const) {
    const count = 20_000;
    const path = trajectories(new Int32Array(count).fill(clean), K, new Random(4));
    for (const gamma of gammas) {
      const { alpha } = transform(K, gamma);
      const counts = new Float64Array(K);
      for (const z of path([gamma])) counts[z]++;
      counts.forEach((n, z) => {
        const p = (z === clean ? alpha : 0) + (1 - alpha) / K;
        expect(Math.abs(n / count - p), `K ${K}, gamma ${gamma}`).toBeLessThan(4.5 * Math.sqrt((p * (1 - p)) / count));
      });
    }
  }
});

test("each sequence has its own noise level; signal and noise have unit power", () => {
  const path = trajectories(new Int32Array(600), 27, new Random(5));
  const mixed = path([-12, 12]);
  expect(mixed.subarray(0, 300).every((z) => z === 0)).toBe(true);
  expect(mixed.subarray(300).filter((z) => z === 0).length).toBeLessThan(60);
  for (const gamma of [-7, 0, 2]) {
    const { signal, noise } = gaussianLevels(gamma);
    expect(signal ** 2 + noise ** 2).toBeCloseTo(1, 12);
    expect(signal / noise).toBeCloseTo(Math.exp(-gamma / 2), 10);
  }
});
