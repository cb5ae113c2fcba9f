import { expect, test } from "vitest";
import { combine, guided, passesOf } from "../../../src/methods/dyadic/guidance.js";
import { samplers } from "../../../src/methods/dyadic/sampler.js";
import { mixture, signal } from "../../../src/methods/dyadic/schedule.js";
import { normals } from "./made.js";

test("the cosine schedule has its known values and falls", () => {
  for (const [t, wanted] of [
    [0.25, 0.847012],
    [0.5, 0.493844],
    [0.75, 0.144272],
  ])
    expect(signal(t)).toBeCloseTo(wanted, 5);
  for (let t = 0.01; t <= 1; t += 0.01) expect(signal(t)).toBeLessThan(signal(t - 0.01));
});

const last = async (states: AsyncGenerator<Float32Array>) => {
  let state = new Float32Array();
  for await (const one of states) state = Float32Array.from(one);
  return state;
};

test.each([1, 50])("DDIM and Euler find the clean latents in %i steps where the prediction is true", async (steps) => {
  const clean = normals("clean", 24);
  const noise = normals("noise", 24);
  const ddpm = async (x: Float32Array, t: number) =>
    x.map((v, i) => (v - mixture(t).signal * clean[i]) / mixture(t).noise);
  const found = await last(samplers.ddpm(ddpm, { noise, rows: 2, steps }));
  found.forEach((x, i) => void expect(x).toBeCloseTo(clean[i], 4));
  const flow = async () => noise.map((x, i) => x - clean[i]);
  const flowed = await last(samplers.flow(flow, { noise, rows: 2, steps }));
  flowed.forEach((x, i) => void expect(x).toBeCloseTo(clean[i], 4));
});

test.each([1, 2, 4])("a small error of the network does not become large motion in %i steps", async (steps) => {
  const size = 20_000;
  const noise = normals("noise", size);
  // What is best to predict where clean latents are independent of each other, with a mean square error of 0.0008
  const wrong = normals("wrong", size).map((x) => 0.03 * x);
  const predict = async (x: Float32Array, t: number) => x.map((v, i) => mixture(t).noise * v + wrong[i]);
  const found = await last(samplers.ddpm(predict, { noise, rows: 1, steps }));
  const deviation = Math.sqrt(found.reduce((sum, x) => sum + x * x, 0) / size);
  expect(deviation).toBeLessThan(1.05);
});

test.each(["ddpm", "flow", "drift"] as const)("%s: a prefix is as it was given, in every row", async (objective) => {
  const noise = normals("noise", 24);
  const clean = Float32Array.of(1, 2, 3, 4, 5, 6);
  const found = await last(
    samplers[objective](async (x) => x.map((v) => 0.3 * v), { noise, rows: 2, steps: 3, prefix: { known: 3, clean } }),
  );
  expect([...found.subarray(0, 3), ...found.subarray(12, 15)]).toEqual([...clean]);
});

test("one strength for all takes two passes, none of it one, and nested ones as many as they need", () => {
  const of = (sound: number, social: number, partner: number) => passesOf({ sound, social, partner });
  expect(of(1, 1, 1)).toEqual([{ pass: "all", weight: 1 }]);
  expect(of(0, 0, 0)).toEqual([{ pass: "none", weight: 1 }]);
  expect(of(2, 2, 2)).toEqual([
    { pass: "none", weight: -1 },
    { pass: "all", weight: 2 },
  ]);
  expect(of(2, 3, 1).map(({ weight }) => weight)).toEqual([-1, -1, 2, 1]);
});

test.each(["ddpm", "flow", "drift"] as const)("%s: guidance makes clean latents hardly larger", (objective) => {
  const [size, time] = [2000, 0.9];
  const [clean, noise, none] = ["clean", "noise", "none"].map((name) => normals(name, size).map((x) => 0.4 * x));
  const { signal: a, noise: s } = objective === "ddpm" ? mixture(time) : { signal: 1 - time, noise: time };
  const state = clean.map((x, i) => a * x + s * noise[i]);
  const predicted = (x: Float32Array) =>
    x.map((v, i) =>
      objective === "drift" ? v : objective === "flow" ? (state[i] - v) / time : (state[i] - a * v) / s,
    );
  const passes = [
    { weight: -1, values: predicted(none) },
    { weight: 2, values: predicted(clean) },
  ];
  const found = guided(objective, passes, { state, time, rows: 1 });
  const foreseen = found.map((v, i) =>
    objective === "drift" ? v : objective === "flow" ? state[i] - time * v : (state[i] - s * v) / a,
  );
  const deviation = (x: Float32Array) => Math.sqrt(x.reduce((sum, v) => sum + v * v, 0) / size);
  // Without being brought back it would be √5
  expect(deviation(foreseen) / deviation(clean)).toBeCloseTo(0.7 + 0.3 * Math.sqrt(5), 1);
  expect(guided(objective, [{ weight: 1, values: noise }], { state, time, rows: 1 })).toBe(noise);
});

test("a stronger prediction is brought back most of the way to its deviation; without strength it is as it was", () => {
  const own = Float32Array.of(1, -1, 2, -2);
  const none = new Float32Array(4);
  expect(combine([{ weight: 1, values: own }], 1)).toBe(own);
  const strong = combine(
    [
      { weight: -1, values: none },
      { weight: 2, values: own },
    ],
    1,
  );
  strong.forEach((x, i) => void expect(x).toBeCloseTo(2 * own[i] * (0.7 * 0.5 + 0.3), 5));
  const same = combine(
    [
      { weight: -2, values: own },
      { weight: 3, values: own },
    ],
    1,
  );
  same.forEach((x, i) => void expect(x).toBeCloseTo(own[i], 5));
});

test("a strength of exactly 1 beside stronger ones is as those near it", () => {
  const values = Object.fromEntries(
    ["none", "sound", "social", "all"].map((pass, i) => [pass, Float32Array.of(1 + i, -1 - 2 * i, 2, -2 - i)]),
  );
  const at = (partner: number) =>
    combine(
      passesOf({ sound: 2, social: 2, partner }).map(({ pass, weight }) => ({ weight, values: values[pass] })),
      1,
    );
  const [exact, near] = [at(1), at(1 + 1e-6)];
  exact.forEach((x, i) => void expect(x).toBeCloseTo(near[i], 4));
});
