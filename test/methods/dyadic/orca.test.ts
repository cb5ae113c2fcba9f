import { expect, test } from "vitest";
import { dictionary } from "../../../src/methods/dyadic/dictionary.js";
import { orcaFusion, projection, spanProjection } from "../../../src/methods/dyadic/orca.js";
import * as nn from "../../../src/nn/index.js";
import { constant, type Tensor } from "../../../src/tensor/index.js";
import { network, normals, run } from "./made.js";

const [B, T, D, G] = [2, 6, 8, 2];
const rest = async (u: ArrayLike<number>, v: ArrayLike<number>, axes = [B, T, D], groups = G) =>
  await run(
    { u: axes, v: axes },
    ({ u, v }) => {
      const once = u.sub(projection(u, v, groups));
      return { once, twice: once.sub(projection(once, v, groups)) };
    },
    { u: Float32Array.from(u), v: Float32Array.from(v) },
  );

test("what is left is orthogonal in each frame and group, and nothing more is taken by doing it again", async () => {
  const [u, v] = [normals("u", B * T * D), normals("v", B * T * D)];
  const { once, twice } = await rest(u, v);
  const W = D / G;
  for (let g = 0; g < B * T * G; g++) {
    const [a, b] = [once.subarray(g * W, (g + 1) * W), v.subarray(g * W, (g + 1) * W)];
    const along = a.reduce((sum, x, i) => sum + x * b[i], 0) / Math.hypot(...a) / Math.hypot(...b);
    expect(Math.abs(along)).toBeLessThan(1e-5);
    const removed = Math.hypot(...a.map((x, i) => u[g * W + i] - x));
    const whole = Math.hypot(...u.subarray(g * W, (g + 1) * W));
    expect((Math.hypot(...a) ** 2 + removed ** 2) / whole ** 2).toBeCloseTo(1, 5);
  }
  twice.forEach((x, i) => void expect(Math.abs(x - once[i])).toBeLessThan(1e-5));
  const { once: scaled } = await rest(
    u,
    v.map((x) => -7 * x),
  );
  scaled.forEach((x, i) => void expect(Math.abs(x - once[i])).toBeLessThan(1e-5));
});

test.each([
  [
    [3, 4, 0],
    [0, 2, 0],
    [3, 0, 0],
  ],
  [
    [1, 1, 1],
    [1, 1, 0],
    [0, 0, 1],
  ],
  [
    [1, 2, 3],
    [2, 4, 6],
    [0, 0, 0],
  ],
  [
    [0, 0, 5],
    [1, 2, 0],
    [0, 0, 5],
  ],
  [
    [1, 2, 3],
    [0, 0, 0],
    [1, 2, 3],
  ],
])("%j without what lies along %j is %j", async (u, v, wanted) => {
  const { once } = await rest(u, v, [1, 1, 3], 1);
  once.forEach((x, i) => void expect(x).toBeCloseTo(wanted[i], 5));
});

test("the span over neighbouring frames takes all of these", async () => {
  const W = 16;
  const [u, v] = [normals("u", T * W), normals("v", T * W)];
  const axes = [1, T, W];
  const { left } = await run({ u: axes, v: axes }, ({ u, v }) => ({ left: u.sub(spanProjection(u, v)) }), { u, v });
  for (let t = 0; t < T; t++)
    for (let s = Math.max(0, t - 2); s <= Math.min(T - 1, t + 2); s++) {
      const along = Array.from({ length: W }, (_, i) => left[t * W + i] * v[s * W + i]).reduce((a, b) => a + b);
      expect(Math.abs(along)).toBeLessThan(2e-5);
    }
  expect(Math.hypot(...left)).toBeGreaterThan(1);
});

const fused = async (change: object, weight: number, speaking = 1) => {
  const orca = orcaFusion({ ...network, width: D, heads: G, ...change });
  nn.initialize(orca, 3);
  const value = "value" in orca.weight ? orca.weight.value! : null;
  value?.fill(weight);
  return run(
    { target: [B, T, D], partner: [B, T, D] },
    ({ target, partner }) => {
      const speech = constant(speaking).broadcastTo([B, T]);
      const out = orca({ target, partner, speech });
      return { out, left: orca.orthogonal({ target, partner, speech }) };
    },
    { target: normals("target", B * T * D), partner: normals("partner", B * T * D) },
  );
};

test("the gate goes from one direction of hearing to the other, and is their mean at first", async () => {
  const [own, other, both] = [await fused({}, 30), await fused({}, -30), await fused({}, 0)];
  both.out.forEach((x, i) => void expect(x).toBeCloseTo((own.out[i] + other.out[i]) / 2, 5));
  expect(Math.hypot(...own.out.map((x, i) => x - other.out[i]))).toBeGreaterThan(0.5);
});

test.each(["exact", "regress", "subspace"])("%s: a silent partner's sound stays as it is", async (orca) => {
  const partner = normals("partner", B * T * D);
  const [silent, speaking] = [await fused({ orca }, 0, 0), await fused({ orca }, 0, 1)];
  silent.left.forEach((x, i) => void expect(x).toBe(partner[i]));
  expect(Math.hypot(...speaking.left.map((x, i) => x - partner[i]))).toBeGreaterThan(0.01);
});

test("atoms are orthonormal at first; weights of 0 add nothing, and their order does not matter", async () => {
  const dict = dictionary({ ...network, width: D, heads: G, atoms: 4 }, 3);
  nn.initialize(dict, 3);
  const atoms = dict.atoms.value!;
  for (let i = 0; i < 4; i++)
    for (let j = 0; j < 4; j++) {
      const product = Array.from({ length: D }, (_, k) => atoms[i * D + k] * atoms[j * D + k]).reduce((a, b) => a + b);
      expect(product).toBeCloseTo(i === j ? 1 : 0, 5);
    }
  const sound = normals("sound", T * D);
  const heard = async (weights: number[], keep = 1) =>
    (
      await run(
        { sound: [1, T, D], weights: [1, 4], keep: [1] },
        ({ sound, weights, keep }) => ({ out: dict(sound, weights, keep) }),
        { sound, weights, keep: [keep] },
      )
    ).out;
  const none = await heard([0, 0, 0, 0]);
  none.forEach((x, i) => void expect(x - sound[i]).toBeCloseTo(none[i % D] - sound[i % D], 5));
  expect([...(await heard([1, 0, 0.5, 0], 0))]).toEqual([...sound]);
  const before = await heard([0.7, 0, 0.3, 0]);
  atoms.set([...atoms.slice(2 * D, 3 * D), ...atoms.slice(D, 2 * D), ...atoms.slice(0, D), ...atoms.slice(3 * D)]);
  const after = await heard([0.3, 0, 0.7, 0]);
  after.forEach((x, i) => void expect(x).toBeCloseTo(before[i], 5));
});

test("a style has so many atoms, with a gradient to all", async () => {
  const dict = dictionary({ ...network, width: D, heads: G, atoms: 4, activeAtoms: 2 }, 3);
  nn.initialize(dict, 3);
  const build = ({ style }: { style: Tensor }) => ({ weights: dict.weigh(style, constant([0.3])) });
  const { weights } = await run({ style: [2, 6] }, build, { style: normals("style", 12) });
  for (let row = 0; row < 2; row++)
    expect([...weights.subarray(4 * row, 4 * row + 4)].filter((w) => w > 0)).toHaveLength(2);
});
