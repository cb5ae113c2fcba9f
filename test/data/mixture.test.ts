import { expect, test } from "vitest";
import { systematic } from "../../src/data/batches.js";
import { ClassStream } from "../../src/data/index.js";
import { reweighted } from "../../src/data/mixture.js";
import { Random } from "../../src/random/index.js";
import { colours } from "../methods/pictures.js";

const count = (values: Iterable<number>, of: number) => [...values].filter((value) => value === of).length;

test("a place comes as often as its share says, at most one time off, and exactly so on average", () => {
  expect([...systematic([0.5, 0.25, 0.25], 8, 0.5)]).toEqual([0, 0, 0, 0, 1, 1, 2, 2]);
  expect([...systematic([0, 1, 0], 3, 0)]).toEqual([1, 1, 1]);
  const shares = [0.07, 0.43, 0.2, 0.3];
  const mean = shares.map(() => 0);
  for (let k = 0; k < 1000; k++) {
    const places = systematic(shares, 7, (k + 0.5) / 1000);
    for (const [at, share] of shares.entries()) {
      expect(Math.abs(count(places, at) - 7 * share)).toBeLessThan(1);
      mean[at] += count(places, at) / 1000;
    }
  }
  for (const [at, share] of shares.entries()) expect(mean[at]).toBeCloseTo(7 * share, 2);
});

test("classes are drawn by their weights, and without weights as ever", () => {
  const labels = [0, 0, 1, 1, 3, 3];
  const plain = new ClassStream(labels, 4, new Random(1));
  expect([...plain.drawClasses(3, new Random(2))]).toEqual([0, 1, 3]);
  const even = new ClassStream(labels, 4, new Random(1), [1, 1, 9, 1]); // class 2 has no items
  expect([...even.drawClasses(3, new Random(2))]).toEqual([0, 1, 3]);
  const random = new Random(3);
  const stream = new ClassStream(labels, 4, new Random(1), [1, 2, 0, 5]);
  const drawn = Array.from({ length: 1000 }, () => [...stream.drawClasses(3, random)]).flat();
  for (const [label, share] of [
    [0, 1 / 8],
    [1, 2 / 8],
    [3, 5 / 8],
  ])
    expect(count(drawn, label) / 3000).toBeCloseTo(share, 1);
  expect(stream.next(stream.drawClasses(3, random), 2)).toHaveLength(6);
  expect(() => new ClassStream(labels, 4, new Random(1), [0, 0, 1, 0])).toThrow(/all 0/);
  expect(() => new ClassStream(labels, 4, new Random(1), [1, -1, 0, 1])).toThrow(/got -1/);
});

test("a mixture has as many images as before, each as often as its weight says; the rest stays", () => {
  const data = colours({ count: 96 }); // 16 red, 32 green, 48 blue
  const labels = data.train.labels!;
  const weights = Float64Array.from(labels, (label) => [3 / 16, 1 / 32, 0][label]);
  const mixed = reweighted(data, weights);
  expect(mixed.train.count).toBe(96);
  expect([0, 1, 2].map((label) => count(mixed.train.labels!, label))).toEqual([72, 24, 0]);
  expect(mixed.classWeights!.map((weight) => Number(weight.toFixed(6)))).toEqual([0.75, 0.25, 0]);
  expect(mixed.test).toBe(data.test);
  const size = 8 * 8 * 3;
  for (let i = 0; i < 96; i++) {
    const picture = mixed.train.pixels.subarray(i * size, (i + 1) * size);
    const bright = [0, 1, 2].map((channel) => picture[channel] > 100);
    expect(bright.indexOf(true)).toBe(mixed.train.labels![i]); // pixels and labels go together
  }
  const same = reweighted(data, new Array(96).fill(1));
  expect(same.train.pixels).toEqual(data.train.pixels);
  expect(same.train.labels).toEqual(labels);
  expect(() => reweighted(data, [1])).toThrow(/96 training images .* got 1/);
  expect(() => reweighted(data, new Array(96).fill(0))).toThrow(/all 0/);
  expect(() => reweighted(data, new Array(96).fill(Number.NaN))).toThrow(/image 0 .* NaN/);
});
