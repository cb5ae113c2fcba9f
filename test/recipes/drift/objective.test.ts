import { describe, expect, test } from "vitest";
import {
  type DriftLossOptions,
  drawGuidance,
  guidanceOfWeight,
  guidanceQuantile,
  guidanceWeight,
  normalizedDriftLoss,
  SampleQueue,
} from "../../../src/methods/drifting/index.js";
import { drawMasks, maskedLoss } from "../../../src/networks/mae.js";
import { poolFeatures } from "../../../src/networks/pooling.js";
import { Random } from "../../../src/random/index.js";
import { compile } from "../../../src/runtime/index.js";
import { constant, grad } from "../../../src/tensor/index.js";
import { close, evaluate, flat, golden, matrix, type Nested, tensor } from "../../methods/drifting/helpers.js";
import { normalizedDrift64 } from "../../methods/drifting/reference.js";

const RELEASE: DriftLossOptions = { floor: 1e-6, selfDistance: 100, powerFloor: 1e-8 };
const gen = [matrix(6, 4, "g0"), matrix(6, 4, "g1")];
const pos = [matrix(5, 4, "p0"), matrix(5, 4, "p1")];

async function loss(
  gen: Nested,
  pos: Nested,
  options: DriftLossOptions = {},
  negatives?: { neg: Nested; weights: Nested },
) {
  const samples = tensor(gen);
  const program = compile({ gen: samples.shape }, ({ gen }) => {
    const out = normalizedDriftLoss(
      gen,
      tensor(pos),
      negatives && { samples: tensor(negatives.neg), weights: tensor(negatives.weights) },
      options,
    );
    return { ...out, gradient: grad(out.loss, [gen]) };
  });
  const values = await program.run({ gen: flat(gen) });
  await program.release();
  return { ...values, gradient: values.gradient.slice() };
}
const affine = (rows: number[][][], c: number, t: number) => rows.map((g) => g.map((r) => r.map((v) => c * v + t)));

describe("the normalised loss", () => {
  test.each<any>(golden("normalised_loss").cases)("agrees with the release: $label", async (c) => {
    const { gen, pos } = golden("normalised_loss");
    const out = await loss(gen, pos, { ...RELEASE, temperatures: c.R }, c.neg && { neg: c.neg, weights: c.w_neg });
    close(out.perGroup, c.loss_per_item);
    close(out.loss, c.loss_mean);
    close(out.force, c.force);
    close(out.scale, c.info.scale);
    close(
      out.power,
      c.R.map((r: number) => c.info[`fnorm_${r}`]),
    );
    close(
      out.gradient,
      flat(c.grad_of_sum_over_items).map((v) => v / gen.length),
    );
    // The tests' own evaluation, which other tests compare with, agrees too
    const negatives = c.neg && { samples: c.neg, weights: c.w_neg.map(([weight]: number[]) => weight) };
    const own = normalizedDrift64(gen, pos, negatives, { temperatures: c.R, floor: 1e-6, selfDistance: 100 });
    close([own.loss, own.scale], [c.loss_mean, c.info.scale], 1e-8);
    close(own.force.flat(2), c.force, 1e-6);
  });

  test("9. one temperature gives exactly 1; three at most 9; three alike exactly 9", async () => {
    expect((await loss(gen, pos, { temperatures: [0.2] })).loss[0]).toBeCloseTo(1, 5);
    const three = (await loss(gen, pos)).loss[0];
    expect(three).toBeGreaterThan(0);
    expect(three).toBeLessThan(9);
    expect((await loss(gen, pos, { temperatures: [0.2, 0.2, 0.2] })).loss[0]).toBeCloseTo(9, 4);
  });

  test("10. a common affine map of all features changes nothing but the gradient's scale", async () => {
    const [base, mapped] = [await loss(gen, pos), await loss(affine(gen, 5, 2), affine(pos, 5, 2))];
    close(mapped.loss, base.loss[0], 1e-4);
    close(
      mapped.gradient,
      Array.from(base.gradient, (v) => v / 5),
      1e-4,
    );
  });

  test("11. the gradient is −2F/(B·G·S·u), and a common shift leaves the force alone", async () => {
    const [base, moved] = [await loss(gen, pos), await loss(affine(gen, 1, 3), affine(pos, 1, 3))];
    const unit = base.scale[0] / Math.sqrt(4);
    close(
      base.gradient,
      Array.from(base.force, (f) => (-2 * f) / (2 * 6 * 4 * unit)),
      1e-5,
    );
    close(moved.force, Array.from(base.force), 1e-4);
  });

  test("12. weightless negatives still change the force, as in the release", async () => {
    const neg = [matrix(3, 4, "n0"), matrix(3, 4, "n1")];
    const [without, weightless] = [await loss(gen, pos), await loss(gen, pos, {}, { neg, weights: [[0], [0]] })];
    expect(Math.max(...weightless.force.map((f, i) => Math.abs(f - without.force[i])))).toBeGreaterThan(1e-2);
    close(weightless.scale, without.scale[0], 1e-5);
  });
});

describe("guidance", () => {
  const cfg = golden("cfg");
  test("12. strength to weight and back, as in the table", () => {
    for (const { N_neg, N_unc, alpha, w } of cfg.weights) {
      expect(guidanceWeight(alpha, N_neg, N_unc)).toBeCloseTo(w, 9);
      expect(guidanceOfWeight(w, N_neg, N_unc)).toBeCloseTo(alpha, 9);
    }
    expect(() => guidanceWeight(0.5, 64, 16)).toThrow(/at least 1, got 0.5/);
  });

  test("13. strengths follow the power law", () => {
    for (const [power, values] of Object.entries(cfg.alpha_by_power) as [string, number[]][])
      for (const [i, u] of cfg.u.entries()) expect(guidanceQuantile(u, Number(power))).toBeCloseTo(values[i], 6);
    for (const [power, mean] of [
      [3, 1.6],
      [5, 1.3176],
    ]) {
      const random = new Random(1);
      let sum = 0;
      for (let i = 0; i < 20_000; i++) sum += drawGuidance(random, { power, max: 4, none: 0 });
      expect(Math.abs(sum / 20_000 - mean)).toBeLessThan(0.02);
    }
  });
});

describe("18. the sample queue", () => {
  test("keeps the newest of each class", () => {
    const queue = new SampleQueue(2, 3, 1);
    for (const { value, label, bank, ptr, count } of golden("sample_queue").steps) {
      queue.push([value], label);
      const { slots, next, count: held } = queue.state();
      expect([...next]).toEqual(ptr);
      expect([...held]).toEqual(count);
      for (const [i, v] of bank.flat().entries()) if (v !== null) expect(slots[i]).toBe(v);
    }
  });

  test("draws without replacement while it can, never an unwritten slot, and resumes", () => {
    const queue = new SampleQueue(2, 5, 2);
    const random = new Random(3);
    for (let i = 1; i <= 4; i++) queue.push([i, -i], 1);
    const firsts = (n: number) => Array.from(queue.sample(1, n, random)).filter((_, k) => k % 2 === 0);
    for (let k = 0; k < 20; k++) {
      expect(new Set(firsts(4)).size).toBe(4);
      expect(firsts(9).every((v) => v >= 1 && v <= 4)).toBe(true);
    }
    expect(() => queue.sample(0, 1, random)).toThrow(/no sample of class 0/);
    expect(() => queue.push([1, 2], 2)).toThrow(/classes 0 … 1, not 2/);
    const other = new SampleQueue(2, 5, 2);
    other.load(queue.state());
    expect(other.sample(1, 3, new Random(9))).toEqual(queue.sample(1, 3, new Random(9)));
  });
});

describe("19. feature pooling", () => {
  const g = golden("feature_pool");
  const map = () => tensor(g.map).transpose([2, 0, 1]).unsqueeze(0);

  test("gives all families of a 4×4 map", async () => {
    const out = await evaluate(() => poolFeatures(map()));
    for (const name of ["loc", "mean", "std", "mean_2", "std_2", "mean_4", "std_4", "norm_x"])
      close(out[name], g[name], 1e-5);
    close(out.mean_4, g.mean, 1e-5);
  });

  test("has deviation 10⁻³ for a constant map and skips cells that do not fit", async () => {
    const out = await evaluate(() => poolFeatures(constant(new Float32Array(36).fill(0.5), [1, 1, 6, 6])));
    close(out.std, [1e-3], 1e-6);
    expect(Object.keys(out)).toContain("mean_2");
    expect(Object.keys(out)).not.toContain("mean_4");
  });
});

describe("20. masked auto-encoding", () => {
  test("hides 2×2 patches, about half of them", () => {
    const masks = drawMasks(new Random(0), 50, 8, 8);
    for (let i = 0; i < 50 * 16; i++) {
      const [n, cell] = [Math.floor(i / 16), i % 16];
      const at = n * 64 + Math.floor(cell / 4) * 16 + (cell % 4) * 2;
      expect(new Set([masks[at], masks[at + 1], masks[at + 8], masks[at + 9]]).size).toBe(1);
    }
    expect(masks.reduce((a, b) => a + b) / masks.length).toBeCloseTo(0.5, 1);
  });

  test("counts masked cells only, and nothing where none is masked", async () => {
    const [image, prediction] = [matrix(1, 16, "i"), matrix(1, 16, "j")];
    const mask = Array.from({ length: 16 }, (_, i) => (i % 4 < 2 && i < 8 ? 1 : 0));
    const run = (prediction: number[], mask: number[]) =>
      evaluate(() => ({
        loss: maskedLoss(
          constant(prediction, [1, 1, 4, 4]),
          constant(image[0], [1, 1, 4, 4]),
          constant(mask, [1, 1, 4, 4]),
        ),
      }));
    const base = await run(prediction[0], mask);
    const elsewhere = await run(
      prediction[0].map((v, i) => (mask[i] ? v : v + 9)),
      mask,
    );
    close(elsewhere.loss, base.loss[0], 1e-6);
    const expected = prediction[0].reduce((s, v, i) => s + mask[i] * (v - image[0][i]) ** 2, 0) / 4;
    close(base.loss, expected, 1e-5);
    close((await run(prediction[0], new Array(16).fill(0))).loss, 0, 0);
  });
});
