import { describe, expect, test } from "vitest";
import { normalizedDriftLoss } from "../../../src/methods/drifting/index.js";
import { Random } from "../../../src/random/index.js";
import { transportCoefficients } from "../../../src/recipes/drift/coefficients.js";
import { temperatureLoss } from "../../../src/recipes/drift/temperature.js";
import { sinkhornPlan } from "../../../src/recipes/drift/transport.js";
import { compile } from "../../../src/runtime/index.js";
import { constant, grad, type Tensor } from "../../../src/tensor/index.js";
import { close, evaluate, flat, group, matrix, type Nested, tensor } from "../../methods/drifting/helpers.js";

const cost = (x: Tensor, y: Tensor) => x.cdist(y, 1e-20).square().mul(0.5);

describe("Sinkhorn's transport", () => {
  const x = [
    [0, 0],
    [1, 0],
    [0, 1],
  ];
  const y = [
    [2, 0],
    [0, 2],
    [2, 2],
  ];
  const others = [
    [0.2, 0.1],
    [0.8, 0],
    [0.1, 1.2],
  ];
  const barycentres = (to: Nested, epsilon: number, iterations = 500) =>
    sinkhornPlan(cost(group(x), group(to)), epsilon, iterations).matmul(group(to));

  test("has the barycentres of the worked example, and its divergence's gradient", async () => {
    const out = await evaluate(() => ({
      towards: barycentres(y, 0.5),
      away: barycentres(others, 0.5),
      own: barycentres(x, 0.5),
      wide: barycentres(y, 1e6),
      narrow: barycentres(x, 0.002),
    }));
    close(out.towards, [1.238442, 1.238442, 1.977725, 0.783833, 0.783833, 1.977725], 1e-5);
    close(out.away, [0.360961, 0.287454, 0.551095, 0.146976, 0.187944, 0.86557], 1e-5);
    const gradient = [2, 3].map((i) => -(out.towards[i] - out.own[i]) / 3);
    close(gradient, [-0.43178, -0.230494], 1e-5);
    close(out.wide, new Array(6).fill(4 / 3), 1e-4);
    close(out.narrow, flat(x), 1e-6); // a plan to themselves leaves samples where they are
  });

  test("of Gaussians is the linear map of the formula", async () => {
    // Standard normal quantiles at the middles of 160 equal shares, by bisection of the error function's integral
    const quantile = (p: number) => {
      let [low, high] = [-6, 6];
      const below = (t: number) => {
        let sum = 0;
        for (let i = 0; i < 400; i++) sum += Math.exp(-0.5 * ((t * (i + 0.5)) / 400) ** 2);
        return 0.5 + (sum * t) / 400 / Math.sqrt(2 * Math.PI);
      };
      for (let i = 0; i < 40; i++) {
        const middle = (low + high) / 2;
        if (below(middle) < p) low = middle;
        else high = middle;
      }
      return low;
    };
    const quantiles = Array.from({ length: 160 }, (_, i) => [quantile((i + 0.5) / 160)]);
    const doubled = quantiles.map(([v]) => [2 * v]);
    const { map } = await evaluate(() => ({
      map: sinkhornPlan(cost(group(quantiles), group(doubled)), 0.8, 300).matmul(group(doubled)),
    }));
    const along = quantiles.reduce((sum, [v], i) => sum + v * map[i], 0);
    const squares = quantiles.reduce((sum, [v]) => sum + v * v, 0);
    expect(along / squares).toBeCloseTo(1.6375, 2); // 1.639608 of the Gaussians themselves
  });

  test("gives a column as much as it weighs: two of weight 1 are one of weight 2", async () => {
    const [a, b] = [matrix(5, 3, "a"), matrix(3, 3, "b")];
    const once = [b[0], b[1], b[2], b[2]];
    const out = await evaluate(() => ({
      twice: sinkhornPlan(cost(group(a), group(once)), 0.7, 300).matmul(group(once)),
      weighed: sinkhornPlan(cost(group(a), group(b)), 0.7, 300, constant([1, 1, 2], [1, 1, 3])).matmul(group(b)),
    }));
    close(out.weighed, Array.from(out.twice), 1e-5);
  });

  test("is zero where the repelling samples are the real ones, and its coefficients' rows sum to zero", async () => {
    const [a, b] = [matrix(6, 3, "a"), matrix(4, 3, "b")];
    const out = await evaluate(() => {
      const d = group(a).cdist(group([...b, ...b]), 1e-20);
      const c = transportCoefficients(20)({ distances: d, mask: null, repelling: 4, temperature: 0.3 });
      return { force: c.matmul(group([...b, ...b])), sums: c.sum(2) };
    });
    close(out.force, new Array(18).fill(0), 1e-6);
    close(out.sums, new Array(6).fill(0), 1e-6);
  });

  test("is refused among the samples themselves", () => {
    const rows = tensor([matrix(4, 2, "r")]);
    expect(() => normalizedDriftLoss(rows, rows, undefined, { field: "transport" })).toThrow(/independent/);
  });
});

describe("a learned temperature", () => {
  /** The loss of one sample at 0.5 and its gradient in the temperature. */
  const at = async (real: number, repelling: number[]) => {
    const program = compile({ temperature: [1] }, ({ temperature }) => {
      const loss = temperatureLoss(
        constant(repelling, [1, 1, repelling.length]),
        constant([real], [1, 1, 1]),
        temperature,
      );
      return { loss, gradient: grad(loss, [temperature]) };
    });
    const { loss, gradient } = await program.run({ temperature: [0.5] });
    await program.release();
    return [loss[0], gradient[0]];
  };
  test("falls where the real sample is the nearest, and grows where it is the farthest", async () => {
    close(await at(0.8, [1, 1.1, 1.3]), [0.950503, 0.746262], 1e-5);
    expect((await at(1.3, [1, 1.1, 0.8]))[1]).toBeCloseTo(-1.253738, 5);
  });

  test("is told by the best sample of each real one", async () => {
    const random = new Random(3, "best");
    const [B, G, P] = [2, 4, 3];
    const [own, real] = [G, P].map((n) => Float32Array.from({ length: B * G * n }, () => 0.5 + random.uniform()));
    const { loss } = await evaluate(() => ({
      loss: temperatureLoss(constant(own, [B, G, G]), constant(real, [B, G, P]), constant([0.3], [1])),
    }));
    let sum = 0;
    for (let b = 0; b < B; b++)
      for (let p = 0; p < P; p++) {
        const shares = Array.from({ length: G }, (_, g) => {
          const e = Math.exp(-real[(b * G + g) * P + p] / 0.3);
          let all = e;
          for (let j = 0; j < G; j++) all += Math.exp(-own[(b * G + g) * G + j] / 0.3);
          return Math.log(e / all);
        });
        sum += Math.max(...shares);
      }
    close(loss, -sum / (B * P), 1e-5);
  });

  test("has its minimum near 0.09 for equal Gaussians in 8 dimensions", async () => {
    const random = new Random(7, "equal");
    const [B, G] = [400, 16];
    const [x, y] = [G, G].map((n) => constant(random.normals(B * n * 8), [B, n, 8]));
    const temperatures = [0.03, 0.06, 0.093, 0.14, 0.3];
    const out = await evaluate(() => {
      const [own, real] = [x.cdist(x, 1e-8), x.cdist(y, 1e-8)];
      const mask = constant(
        Float32Array.from({ length: G * G }, (_, i) => (i % (G + 1) === 0 ? 1e30 : 0)),
        [G, G],
      );
      const mean = own
        .sum()
        .add(real.sum())
        .div(B * G * (2 * G - 1));
      return {
        losses: temperatures.map((t) =>
          temperatureLoss(own.div(mean).add(mask), real.div(mean), constant([t], [1])).reshape([1]),
        ),
      } as unknown as Record<string, Tensor>;
    });
    const losses = Object.values(out).flatMap((values) => Array.from(values));
    expect(losses.indexOf(Math.min(...losses))).toBe(2);
  });

  test("gets a gradient of its own, the samples none of it, and what is reported has none of its term", async () => {
    const [gen, real] = [[matrix(6, 4, "g")], [matrix(6, 4, "p")]];
    const program = compile({ gen: [1, 6, 4], logTemperature: [1] }, ({ gen, logTemperature }) => {
      const learned = normalizedDriftLoss(gen, tensor(real), undefined, { logTemperature });
      const fixed = normalizedDriftLoss(gen, tensor(real), undefined, { temperatures: [0.25] });
      return {
        ...{ loss: learned.loss, temperature: learned.temperature!, fixed: fixed.loss },
        samples: grad(learned.loss, [gen]),
        same: grad(fixed.loss, [gen]),
        taught: grad(learned.loss, [logTemperature]),
      };
    });
    const out = await program.run({ gen: flat(gen), logTemperature: [Math.log(0.25)] });
    close(out.loss, out.fixed[0], 1e-6);
    close(out.temperature, 0.25, 1e-6);
    close(out.samples, Array.from(out.same), 1e-6);
    expect(Math.abs(out.taught[0])).toBeGreaterThan(1e-6);
    // Below the coldest it stays there
    expect((await program.run({ gen: flat(gen), logTemperature: [-9] })).temperature[0]).toBeCloseTo(0.02, 6);
    await program.release();
  });
});

describe("independent samples", () => {
  const [gen, real, other] = [[matrix(5, 3, "g")], [matrix(4, 3, "p")], [matrix(6, 3, "o")]];
  const force = (options: object, samples: Nested = gen) =>
    evaluate(() => {
      const { force, power } = normalizedDriftLoss(tensor(samples), tensor(real), undefined, {
        temperatures: [0.2],
        ...options,
      });
      return { force, power };
    });

  test("repel instead of the own ones, none of which is left out", async () => {
    const shared = await force({ independent: tensor(gen) });
    const own = await force({ selfDistance: 0 });
    close(shared.force, Array.from(own.force), 1e-5); // the samples themselves, without a mask
    const { force: different } = await force({ independent: tensor(other) });
    expect(Math.max(...different.map((v, i) => Math.abs(v - shared.force[i])))).toBeGreaterThan(0.05);
  });

  test.each(["softmax", "transport"] as const)("exert no force where they are the real ones: %s", async (field) => {
    const { power } = await force({ independent: tensor(real), field });
    expect(power[0]).toBeLessThan(1e-9);
  });

  test("get no gradient", async () => {
    const program = compile({ gen: [1, 5, 3], other: [1, 6, 3] }, ({ gen, other }) => ({
      gradient: grad(normalizedDriftLoss(gen, tensor(real), undefined, { independent: other }).loss, [other], {
        unused: "zeros",
      }),
    }));
    const { gradient } = await program.run({ gen: flat(gen), other: flat(other) });
    expect(gradient.every((v) => v === 0)).toBe(true);
    await program.release();
  });
});
