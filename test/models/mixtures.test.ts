import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { writeKinds } from "../../scripts/torture/kinds.js";
import { loadModel } from "../../src/methods/load.js";
import type { ImageGenerator, SampleOptions } from "../../src/models/generator.js";
import { OptionError } from "../../src/models/options.js";

const root = mkdtempSync(join(tmpdir(), "mixtures-"));
const loaded: ImageGenerator[] = [];
async function open(name: string): Promise<ImageGenerator> {
  const model = await loadModel(join(root, name), { kind: "image", device: "wasm" });
  loaded.push(model);
  return model;
}
beforeAll(() => writeKinds(root));
afterAll(async () => {
  for (const model of loaded) await model.release();
  rmSync(root, { recursive: true, force: true });
});

const cases: [string, SampleOptions][] = [
  ["drifting", { guidance: 1.5 }],
  ["flow-pixel", { steps: 2 }],
  ["flow-pixel", { steps: 2, guidance: 3 }],
  ["sphere-conv", { steps: 2 }],
  ["sphere-conv", { guidance: 2 }],
];

describe.each(cases)("%s with %o", (name, options) => {
  test("a mixture of one class is that class, and one of two lies elsewhere", async () => {
    const model = await open(name);
    const labelled = await model.sample({ ...options, count: 2, label: [1, 0], seed: 3 });
    const draw = (mixture: number[]) =>
      model.sample({ ...options, count: 2, seed: 3 }, { mixture: Float32Array.from(mixture) });
    const mixed = await draw([0, 1, 1, 0]);
    expect(mixed.labels).toBe(null);
    expect(mixed.pixels).toEqual(labelled.pixels);
    const half = await draw([0.5, 0.5, 1, 0]);
    const size = half.pixels.length / 2;
    expect(half.pixels.subarray(0, size)).not.toEqual(labelled.pixels.subarray(0, size));
    expect(half.pixels.subarray(size)).toEqual(labelled.pixels.subarray(size));
  });

  test("the noise that a model draws, given back, gives the same samples", async () => {
    const model = await open(name);
    const asked = { ...options, count: 2, seed: 3 };
    const noise = model.drawNoise(asked);
    expect(noise.length % 2).toBe(0);
    const { pixels } = await model.sample(asked);
    expect((await model.sample(asked, { noise })).pixels).toEqual(pixels);
    expect((await model.sample(asked, { noise: noise.map((x) => -x) })).pixels).not.toEqual(pixels);
  });
});

test.each<[number[], SampleOptions, RegExp]>([
  [[1], {}, /mixture takes a Float32Array of 1 × 2 numbers, got 1/],
  [[1, 0], { count: 2 }, /2 × 2 numbers, got 2/],
  [[1.5, -0.5], {}, /numbers from 0 to 1, got 1.5/],
  [[Number.NaN, 1], {}, /numbers from 0 to 1, got NaN/],
  [[0.5, 0.4], {}, /add up to 1; those of sample 0 to 0.9/],
  [[1, 0], { label: 0 }, /a label or a mixture of classes, not both/],
])("the mixture %o with %o is refused", async (mixture, options, message) => {
  const model = await open("drifting");
  const refused = model.sample(options, { mixture: Float32Array.from(mixture) });
  await expect(refused).rejects.toThrow(message);
  await expect(refused).rejects.toThrow(OptionError);
});

test("models without classes, and those of tokens, take no mixture", async () => {
  const mixture = Float32Array.of(1);
  const plain = await open("sphere-plain-vit");
  await expect(plain.sample({}, { mixture })).rejects.toThrow("This model has no classes; leave out the mixture.");
  const tokens = await open("discrete-image");
  await expect(tokens.sample({ steps: 1 }, { mixture })).rejects.toThrow(/takes no "mixture"; it takes given, signal/);
  expect(() => tokens.drawNoise()).toThrow(/begins with tokens, not with noise/);
});
