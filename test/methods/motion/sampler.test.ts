import { describe, expect, test } from "vitest";
import { sampleBlocks, samplerCalls, stretchesOf, type VelocityAt } from "../../../src/methods/motion/sampler.js";
import { Random } from "../../../src/random/index.js";

type Options = Parameters<typeof sampleBlocks>[1];

async function sampled(velocity: VelocityAt, options: Options): Promise<Float32Array> {
  let last = options.noise;
  let calls = 0;
  for await (const tokens of sampleBlocks(velocity, options)) {
    last = tokens;
    calls++;
  }
  const blocks =
    (options.prefix?.length ?? 0) / options.rows / (options.noise.length / options.rows / options.schedule.blocks);
  expect(calls).toBe(samplerCalls(options.schedule, blocks, options.sampler ?? "euler"));
  return last;
}

const random = new Random(4, "sampler");
const deviation = (values: ArrayLike<number>) => {
  const list = Array.from(values);
  const mean = list.reduce((a, b) => a + b, 0) / list.length;
  return { mean, sd: Math.sqrt(list.reduce((sum, v) => sum + (v - mean) ** 2, 0) / list.length) };
};

describe("Euler's rule", () => {
  test.each([
    [1, 0],
    [5, 2],
    [8, 8],
    [16, 3],
  ])("with the true velocity ends in the data: %i steps, lag %i", async (steps, lag) => {
    const [noise, clean] = [random.normals(2 * 4 * 6), random.normals(2 * 4 * 6)];
    const out = await sampled(async () => clean.map((z, i) => z - noise[i]), {
      schedule: { blocks: 4, steps, lag },
      noise,
      rows: 2,
    });
    for (let i = 0; i < out.length; i++) expect(out[i]).toBeCloseTo(clean[i], 5);
  });

  test.each([
    [16, 0.452],
    [50, 0.488],
    [200, 0.496],
  ])("draws a Gaussian of mean 2 and deviation 0.5, in %i steps with deviation %f", async (steps, wanted) => {
    const [m, s, count] = [2, 0.5, 4000];
    const velocity: VelocityAt = async (x, [t]) =>
      x.map((v) => {
        const c = (t * s * s - (1 - t)) / (t * t * s * s + (1 - t) ** 2);
        return m + c * (v - t * m);
      });
    const options = { schedule: { blocks: 1, steps, lag: 0 }, noise: new Random(1).normals(count), rows: count };
    const { mean, sd } = deviation(await sampled(velocity, options));
    expect(mean).toBeCloseTo(2, 1);
    expect(Math.abs(sd - wanted)).toBeLessThan(0.015);
  });

  test("reproduces a chain one block after the other, and less well the less each waits, where none sees later ones", async () => {
    const [rho, blocks, rows, steps] = [0.9, 2, 4000, 32];
    /** E(z − ε | x_1 … x_b) of the chain z_1, z_2 = ρ·z_1 + √(1 − ρ²)·n, each block seeing what is before it. */
    const velocity: VelocityAt = async (x, t) => {
      const out = new Float32Array(x.length);
      for (let r = 0; r < rows; r++) {
        const [x1, x2] = [x[2 * r], x[2 * r + 1]];
        const [v1, v2] = [t[0] ** 2 + (1 - t[0]) ** 2, t[1] ** 2 + (1 - t[1]) ** 2];
        out[2 * r] = ((t[0] - (1 - t[0])) / v1) * x1;
        // Of x = (x1, x2): covariance C, and its covariance with z_2 − ε_2
        const c12 = rho * t[0] * t[1];
        const determinant = v1 * v2 - c12 * c12;
        const [g1, g2] = [rho * t[0], t[1] - (1 - t[1])];
        out[2 * r + 1] = ((g1 * v2 - g2 * c12) * x1 + (g2 * v1 - g1 * c12) * x2) / determinant;
      }
      return out;
    };
    const errorOf = async (lag: number) => {
      const noise = new Random(2).normals(rows * blocks);
      const out = await sampled(velocity, { schedule: { blocks, steps, lag }, noise, rows });
      const [a, b] = [0, 1].map((j) => Array.from({ length: rows }, (_, r) => out[2 * r + j]));
      const product = a.reduce((sum, v, r) => sum + v * b[r], 0) / rows;
      return Math.abs(product / (deviation(a).sd * deviation(b).sd) - rho);
    };
    const [together, between, alone] = [await errorOf(0), await errorOf(8), await errorOf(32)];
    expect(alone).toBeLessThan(0.05);
    expect(between).toBeLessThan(together);
    expect(alone).toBeLessThan(between);
  });
});

describe("a prefix", () => {
  const prefix = random.normals(2 * 2 * 3);
  const options = { schedule: { blocks: 4, steps: 5, lag: 2 }, noise: random.normals(2 * 4 * 3), rows: 2, prefix };

  test.each(["euler", "renoise"] as const)("stays exactly as it is (%s)", async (sampler) => {
    const fresh = new Random(5);
    const out = await sampled(async (x) => x.map((v) => -v), {
      ...options,
      sampler,
      renew: (count) => fresh.normals(count),
    });
    for (let r = 0; r < 2; r++) expect([...out.slice(r * 12, r * 12 + 6)]).toEqual([...prefix.slice(r * 6, r * 6 + 6)]);
  });

  test("that is held is clean at every call, and the rest begins at once", async () => {
    const seen: number[][] = [];
    await sampled(async (x, times) => {
      seen.push([...times]);
      return x;
    }, options);
    expect(seen[0]).toEqual([1, 1, 0, 0]);
    expect(seen[1]).toEqual([1, 1, expect.closeTo(0.2), 0]);
    expect(seen).toHaveLength(7);
  });

  test("continues with the conditional mean of a chain", async () => {
    // z_2 = ½·z_1 without noise of its own: E(z_2 − ε_2 | z_1, x_2) = (½·z_1 − x_2)/(1 − t)
    const given = Float32Array.of(3, -1);
    const velocity: VelocityAt = async (x, [, t]) =>
      x.map((v, i) => (i % 2 === 1 ? (0.5 * x[i - 1] - v) / (1 - t) : 0));
    const out = await sampled(velocity, {
      schedule: { blocks: 2, steps: 4, lag: 1 },
      noise: Float32Array.of(0, 0.7, 0, -2),
      rows: 2,
      prefix: given,
    });
    expect([...out]).toEqual([3, expect.closeTo(1.5, 5), -1, expect.closeTo(-0.5, 5)]);
  });

  test("is of whole blocks, and not of all", async () => {
    const all = { ...options, prefix: new Float32Array(24) };
    await expect(sampled(async (x) => x, all)).rejects.toThrow("fewer than all 4, got 4");
    await expect(sampled(async (x) => x, { ...options, prefix: new Float32Array(4) })).rejects.toThrow("whole blocks");
  });
});

test("renoising draws a Gaussian too", async () => {
  const [m, s, count] = [2, 0.5, 4000];
  const fresh = new Random(6);
  const velocity: VelocityAt = async (x, [t]) =>
    x.map((v) => m + ((t * s * s - (1 - t)) / (t * t * s * s + (1 - t) ** 2)) * (v - t * m));
  const out = await sampled(velocity, {
    schedule: { blocks: 1, steps: 50, lag: 0 },
    noise: new Random(1).normals(count),
    rows: count,
    sampler: "renoise",
    renew: (n) => fresh.normals(n),
  });
  const { mean, sd } = deviation(out);
  expect(mean).toBeCloseTo(2, 1);
  expect(sd).toBeGreaterThan(0.3); // the clean estimate's noise is lost in the last steps
  expect(sd).toBeLessThan(0.55);
});

test("a motion of many blocks is drawn in stretches that overlap", () => {
  expect(stretchesOf(5, 6, 3)).toEqual([{ start: 0, blocks: 5, known: 0 }]);
  expect(stretchesOf(10, 6, 3)).toEqual([
    { start: 0, blocks: 6, known: 0 },
    { start: 3, blocks: 6, known: 3 },
    { start: 6, blocks: 4, known: 3 },
  ]);
});
