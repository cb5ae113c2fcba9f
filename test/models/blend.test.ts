import { afterAll, beforeAll, expect, test } from "vitest";
import { loadModel } from "../../src/methods/load.js";
import { blend, blendClasses, blendNoise, type Corner, cornerWeights } from "../../src/models/blend.js";
import type { ImageGenerator } from "../../src/models/generator.js";
import { Random } from "../../src/random/index.js";

let model: ImageGenerator;
beforeAll(async () => {
  model = await loadModel("drifting-fashion", { kind: "image", device: "cpu", threads: 1 });
});
afterAll(() => model?.release());

const style = [0, 3, 1, 2];
const corners: Corner[] = [
  { seed: 4, label: "Bag" },
  { seed: 9, label: 7 },
  { seed: 1, label: "Dress" },
  { seed: 2, label: "Bag" },
];
const furthest = (a: Float32Array, b: Float32Array) =>
  a.reduce((most, value, i) => Math.max(most, Math.abs(value - b[i])), 0);

test("at its corners a blend is the pictures themselves", async () => {
  const places = [0, 1, 2, 3].map((k) => ({ x: k % 2, y: k >> 1 }));
  const mixed = await blend(model, corners, places, { style, guidance: 1.5 });
  for (const [k, { seed, label }] of corners.entries()) {
    const own = await model.sample({ seed, label, style, guidance: 1.5 });
    expect(furthest(mixed.at(k).pixels, own.pixels)).toBeLessThan(1e-4);
  }
});

test("between them every corner counts, and one class stays a label", async () => {
  const [middle] = await blend(model, corners, { x: 0.5, y: 0.5 }, { style });
  for (const leftOut of [0, 1, 2, 3]) {
    const others = corners.map((corner, k) => (k === leftOut ? { ...corner, seed: 100 } : corner));
    const [other] = await blend(model, others, { x: 0.5, y: 0.5 }, { style });
    expect(furthest(middle.pixels, other.pixels)).toBeGreaterThan(0.1);
  }
  const bags = await blend(model, [corners[0], corners[3]], { x: 0.3, y: 0 }, { style });
  expect([...bags.labels!]).toEqual([8]);
});

test("a corner of what several classes belong to has the class of its own seed", async () => {
  const names = model.classNames!.map((name, i) => (i > 6 ? `Shoes / ${name}` : name));
  const named = Object.create(model, { classNames: { value: names } }) as ImageGenerator;
  const shoes = [4, 5].map((seed) => ({ seed, label: "Shoes" }));
  for (const [x, corner] of shoes.entries()) {
    const [mixed] = await blend(named, shoes, { x, y: 0 }, { style });
    const own = await named.sample({ ...corner, style });
    expect(furthest(mixed.pixels, own.pixels)).toBeLessThan(1e-4);
  }
});

test("noise that is mixed keeps the length of noise, and weights add up to 1", () => {
  const random = new Random(5, "blend");
  const noises = [0, 1, 2, 3].map((k) => random.split(k).normals(4096));
  const length = (vector: Float32Array) =>
    Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0) / vector.length);
  for (const n of [1, 2, 3, 4])
    for (const place of [
      { x: 0.5, y: 0.5 },
      { x: 0.2, y: 0.9 },
      { x: 1, y: 0 },
    ]) {
      expect(length(blendNoise(noises.slice(0, n), place))).toBeCloseTo(1, 1);
      expect(cornerWeights(n, place).reduce((a, b) => a + b)).toBeCloseTo(1, 12);
    }
  const classes = blendClasses([2, 0, 2], 3, { x: 0.25, y: 0.5 });
  expect([...classes]).toEqual([0.125, 0, 0.875]);
});

test("what cannot be mixed is refused by name", async () => {
  await expect(blend(model, [], { x: 0, y: 0 })).rejects.toThrow("1 to 4 pictures, got 0");
  await expect(blend(model, corners, { x: 1.5, y: 0 })).rejects.toThrow("x: 1.5");
  await expect(blend(model, [{ seed: 1 }], { x: 0, y: 0 })).rejects.toThrow("Each corner needs its label");
  await expect(blend(model, corners, { x: 0, y: 0 }, { seed: 3 })).rejects.toThrow("takes no seed for all");
  const digits = await loadModel("duo-digits", { kind: "image", device: "cpu", threads: 1 });
  await expect(blend(digits, corners.slice(0, 1), { x: 0, y: 0 })).rejects.toThrow("not with noise");
  await digits.release();
});
