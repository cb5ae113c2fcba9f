import { describe, expect, test } from "vitest";
import {
  driftField,
  driftLoss,
  fields,
  type Normalization,
  sinkhornPlan,
} from "../../../src/methods/drifting/index.js";
import { Random } from "../../../src/random/index.js";
import { logAffinity } from "../../../src/recipes/drift/field.js";
import { compile } from "../../../src/runtime/index.js";
import { grad, type Tensor } from "../../../src/tensor/index.js";
import { close, evaluate, flat, golden, group, matrix, type Nested } from "../../methods/drifting/helpers.js";
import { driftField64 } from "../../methods/drifting/reference.js";

const [x, p, n] = [matrix(6, 3, "x"), matrix(7, 3, "p"), matrix(5, 3, "n")];
const V = (
  x: Nested,
  p: Nested,
  n: Nested,
  temperature: number,
  options: { selfMask?: boolean; normalization?: Normalization } = {},
) => driftField(group(x), group(p), group(n), { temperature, ...options });
const modes: Normalization[] = ["both", "row", "none"];
const negate = (v: Float32Array) => Array.from(v, (a) => -a);

describe("Algorithm 2", () => {
  test.each(modes)("1. anti-symmetric under exchange of positives and negatives (%s)", async (normalization) => {
    const out = await evaluate(() => ({
      a: V(x, p, n, 0.4, { normalization }),
      b: V(x, n, p, 0.4, { normalization }),
    }));
    close(out.a, negate(out.b), 1e-6);
    expect(Math.max(...out.a.map(Math.abs))).toBeGreaterThan(1e-3);
  });

  test("2. exactly zero where positives and negatives are the same set", async () => {
    const { v } = await evaluate(() => ({ v: V(x, p, p, 0.4) }));
    expect(v.every((a) => a === 0)).toBe(true);
  });

  test("3. not zero with the self mask, even where the data are copies of the samples", async () => {
    const { v } = await evaluate(() => ({ v: V(x, x, x, 0.4, { selfMask: true }) }));
    expect(Math.max(...v.map(Math.abs))).toBeGreaterThan(1e-3);
  });

  test("4. moves with translation, rotation, scale and permutation", async () => {
    const moved = (rows: number[][], f: (row: number[]) => number[]) => rows.map(f);
    const shift = (row: number[]) => row.map((v, k) => v + [5, -3, 2][k]);
    const [c, s] = [Math.cos(0.7), Math.sin(0.7)];
    const turn = ([a, b, d]: number[]) => [c * a - s * b, s * a + c * b, d];
    const out = await evaluate(() => ({
      base: V(x, p, n, 0.4),
      shifted: V(moved(x, shift), moved(p, shift), moved(n, shift), 0.4),
      turned: V(moved(x, turn), moved(p, turn), moved(n, turn), 0.4),
      scaled: V(
        moved(x, (r) => r.map((v) => 3 * v)),
        moved(p, (r) => r.map((v) => 3 * v)),
        moved(n, (r) => r.map((v) => 3 * v)),
        1.2,
      ),
      reversed: V([...x].reverse(), [...p].reverse(), n, 0.4),
    }));
    const rows = (v: Float32Array) => Array.from({ length: 6 }, (_, i) => Array.from(v.subarray(3 * i, 3 * i + 3)));
    close(out.shifted, rows(out.base), 1e-5);
    close(out.turned, rows(out.base).map(turn), 1e-5);
    close(
      out.scaled,
      rows(out.base).map((r) => r.map((v) => 3 * v)),
      1e-5,
    );
    close(out.reversed, rows(out.base).reverse(), 1e-6);
  });

  test("5. is the difference of the two centroids times both sums", async () => {
    const { v, a } = await evaluate(() => {
      const distance = (y: Nested): Tensor => group(x).unsqueeze(2).sub(group(y).unsqueeze(1)).square().sum(3).sqrt();
      const logits = distance([...p, ...n]).mul(-1 / 0.4);
      return { v: V(x, p, n, 0.4), a: logAffinity(logits).exp() };
    });
    const expected = x.map((_, i) => {
      const w = Array.from(a.subarray(12 * i, 12 * i + 12));
      const sum = (list: number[]) => list.reduce((s, t) => s + t, 0);
      const centroid = (weights: number[], ys: number[][], k: number) =>
        sum(weights.map((t, j) => t * ys[j][k])) / sum(weights);
      const [plus, minus] = [w.slice(0, 7), w.slice(7)];
      return [0, 1, 2].map((k) => sum(plus) * sum(minus) * (centroid(plus, p, k) - centroid(minus, n, k)));
    });
    close(v, expected, 1e-5);
  });

  test("6. gives the hand-worked example, with and without the mask", async () => {
    const { x, y_pos, T, cases } = golden("tiny_alg2");
    for (const { self_mask, V: expected, loss_mse_elementwise, grad_of_mse } of cases) {
      const program = compile({ x: [1, 2, 2] }, ({ x }) => {
        const v = driftField(x, group(y_pos), x, { temperature: T, selfMask: self_mask });
        const loss = driftLoss(x, v);
        return { v, loss, gradient: grad(loss, [x]) };
      });
      const { v, loss, gradient } = await program.run({ x: flat(x) });
      close(v, expected, 1e-6);
      close(loss, loss_mse_elementwise, 1e-6);
      close(gradient, grad_of_mse, 1e-6);
      await program.release();
    }
  });

  test("six random cases of all normalisations agree with NumPy", async () => {
    const names: Record<string, Normalization> = { "sqrt(rowSoftmax*colSoftmax)": "both" };
    for (const c of golden("alg2_cases").cases) {
      const normalization = names[c.normalisation] ?? (c.normalisation.startsWith("row") ? "row" : "none");
      const { v } = await evaluate(() => ({
        v: V(c.x, c.y_pos, c.y_neg, c.T, { selfMask: c.self_mask, normalization }),
      }));
      close(v, c.V, 1e-5);
    }
  });

  test("agrees with a float64 evaluation on 200 points in 64 dimensions", async () => {
    const [a, b] = [matrix(200, 64, "a"), matrix(200, 64, "b")];
    const { v } = await evaluate(() => ({ v: V(a, b, a, 3, { selfMask: true }) }));
    close(v, driftField64(a, b, a, 3, true), 1e-4);
  });

  test("7. the loss has the gradient of the frozen target, not of the squared field", async () => {
    const step = 1e-2;
    const value = compile({ x: [1, 4, 2], frozen: [1, 4, 2] }, ({ x, frozen }) => {
      const v = driftField(x, group(p.slice(0, 4).map((r) => r.slice(0, 2))), x, { temperature: 0.5, selfMask: true });
      const loss = driftLoss(x, v);
      return { v, gradient: grad(loss, [x]), squared: v.square().mean(), regression: x.sub(frozen).square().mean() };
    });
    const start = Float32Array.from(flat(matrix(4, 2, "seven")));
    const base = await value.run({ x: start, frozen: start });
    const gradient = base.gradient.slice();
    const target = start.map((a, i) => a + base.v[i]);
    close(
      gradient,
      Array.from(base.v, (v) => (-2 * v) / 8),
      1e-6,
    );
    let largest = 0;
    for (let i = 0; i < 8; i++) {
      const at = async (d: number) => value.run({ x: start.map((a, k) => (k === i ? a + d : a)), frozen: target });
      const [up, down] = [await at(step), await at(-step)];
      expect((up.regression[0] - down.regression[0]) / (2 * step)).toBeCloseTo(gradient[i], 4);
      largest = Math.max(largest, Math.abs((up.squared[0] - down.squared[0]) / (2 * step) - gradient[i]));
    }
    expect(largest).toBeGreaterThan(0.01);
    await value.release();
  });

  test("8. one sample: alone it rests; with a negative at its place it moves by A⁺A⁻(y − x)", async () => {
    const [y, at, T] = [[1, 2], [0, 0], 0.8];
    const { alone, pair } = await evaluate(() => ({
      alone: V([at], [y], [at], T, { selfMask: true }),
      pair: V([at], [y], [at], T),
    }));
    close(alone, [0, 0], 0);
    const q = Math.exp(-Math.hypot(...y) / T);
    const r = q / (1 + q);
    close(
      pair,
      y.map((v) => Math.sqrt(r) * Math.sqrt(1 - r) * v),
      1e-6,
    );
  });

  test("23. is deterministic on the CPU and agrees with WASM in 4096 dimensions", async () => {
    const random = new Random(5);
    const make = (count: number) => Array.from({ length: count }, () => Array.from(random.normals(4096)));
    const [a, b] = [make(6), make(7)];
    const run = (device: "cpu" | "wasm") => evaluate(() => ({ v: V(a, b, a, 20, { selfMask: true }) }), device);
    const [one, two, wasm] = [await run("cpu"), await run("cpu"), await run("wasm")];
    expect(two.v).toEqual(one.v);
    const largest = Math.max(...one.v.map(Math.abs));
    expect(Math.max(...one.v.map((v, i) => Math.abs(v - wasm.v[i]))) / largest).toBeLessThan(1e-4);
  });

  test("refuses a temperature that is not positive and a mask without its own samples", () => {
    expect(() => V(x, p, n, 0)).toThrow(/temperature must be positive, got 0/);
    expect(() => V(x, p, n, 1, { selfMask: true })).toThrow(/the 6 queries as negatives, got 5/);
  });
});

describe("other fields", () => {
  const g = golden("score_identities");
  const at = (points: Nested, field: ReturnType<typeof fields.gaussian>) =>
    field(group(points), group(g.y_pos), group(g.y_neg));

  test("14. Gaussian mean shift is h² times a difference of scores; the sharp Laplace field one of its own", async () => {
    const out = await evaluate(() => ({
      gauss: at(g.x, fields.gaussian({ width: g.h })),
      plain: at(g.x, fields.laplace({ temperature: g.tau })),
      sharp: at(g.x, fields.sharpLaplace({ temperature: g.tau })),
    }));
    close(out.gauss, g.V_gauss, 1e-5);
    close(out.plain, g.V_laplace_rowsoftmax, 1e-5);
    close(out.sharp, g.V_laplace_sharp, 1e-5);
  });

  test("15. the Gaussian and the sharp field have no curl, the plain Laplace field has", async () => {
    const h = 0.02;
    const curl = async (field: ReturnType<typeof fields.gaussian>) => {
      const [a, b] = g.x[0];
      const { v } = await evaluate(() => ({
        v: at(
          [
            [a + h, b],
            [a - h, b],
            [a, b + h],
            [a, b - h],
          ],
          field,
        ),
      }));
      return Math.abs((v[4] - v[6]) / (2 * h) - (v[1] - v[3]) / (2 * h)); // ∂Vx/∂y − ∂Vy/∂x
    };
    const plain = await curl(fields.laplace({ temperature: g.tau }));
    expect(await curl(fields.gaussian({ width: g.h }))).toBeLessThan(1e-3);
    expect(await curl(fields.sharpLaplace({ temperature: g.tau }))).toBeLessThan(1e-3);
    expect(plain).toBeGreaterThan(5e-3);
  });

  test("16. Sinkhorn: plans, field, zero on itself, one row projection is the row softmax", async () => {
    const s = golden("sinkhorn");
    const [a, b] = [group(s.x), group(s.y)];
    const field = fields.sinkhorn({ epsilon: s.eps, iterations: 200 });
    const cost = (y: Tensor) => a.cdist(y, 1e-20).square().mul(0.5);
    const out = await evaluate(() => ({
      xy: sinkhornPlan(cost(b), s.eps, 200).mul(1 / 4),
      xx: sinkhornPlan(cost(a), s.eps, 200).mul(1 / 4),
      v: field(a, b, a),
      once: fields.sinkhorn({ epsilon: s.eps, iterations: 0 })(a, b, a),
      self: field(a, a, a),
    }));
    close(out.xy, s.plan_xy, 1e-5);
    close(out.xx, s.plan_xx, 1e-5);
    close(out.v, s.V, 1e-4);
    close(out.once, s.V_iter1, 1e-4);
    expect(out.self.every((v) => v === 0)).toBe(true);
    for (let i = 0; i < 4; i++) {
      expect(out.xy.subarray(4 * i, 4 * i + 4).reduce((t, v) => t + v, 0)).toBeCloseTo(0.25, 6);
      expect([0, 1, 2, 3].reduce((t, r) => t + out.xy[4 * r + i], 0)).toBeCloseTo(0.25, 6);
    }
  });
});
