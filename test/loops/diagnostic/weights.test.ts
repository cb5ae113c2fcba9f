import { expect, test } from "vitest";
import { reweighted } from "../../../src/data/mixture.js";
import type { Extractor } from "../../../src/judges/extractors/index.js";
import type { ImageDiagnosis } from "../../../src/loops/diagnostic/images.js";
import { imageWeights, sharesOf } from "../../../src/loops/diagnostic/weights.js";
import { features } from "../../../src/metrics/index.js";
import { colours } from "../../methods/pictures.js";

const data = colours({ count: 96 }); // 16 red, 32 green, 48 blue
const figure = (value: number) => ({ value, interval: null, floor: 1 });
const group = (name: string, index: number, score: number, kinds: object[] = []) => ({
  ...{ name, index, kinds, score: figure(score) },
  centres: features(Float32Array.of(0.2, 1), 1),
});
/** A judge whose only feature is how bright the picture is, from 0 to 1 within its class. */
const brightness = {
  ...{ name: "brightness", dim: 1 },
  async extract(pixels: Float32Array, count: number) {
    const size = pixels.length / count;
    const brightest = (i: number) => pixels.subarray(i * size, (i + 1) * size).reduce((a, b) => Math.max(a, b), -1);
    return { features: Float32Array.from({ length: count }, (_, i) => (brightest(i) - 0.4) / 0.48), logits: null };
  },
} as unknown as Extractor;

test("classes have their shares of the mixture by hand, however many images they have", async () => {
  const groups = [group("red", 0, 0.5), group("green", 1, 0.75), group("blue", 2, 0.75)];
  const found = { by: "class", groups, centres: null } as unknown as ImageDiagnosis;
  const shares = sharesOf(found.groups);
  for (const [i, times] of [0.1 + 0.9 * 1.5, 0.1 + 0.9 * 0.75, 0.1 + 0.9 * 0.75].entries())
    expect(shares[i].times).toBeCloseTo(times, 12);
  const mixed = reweighted(data, await imageWeights(found, shares, data, brightness));
  for (const [i, { times }] of shares.entries()) {
    expect(mixed.classWeights![i]).toBeCloseTo(times / 3, 12);
    const n = mixed.train.labels!.filter((label) => label === i).length;
    expect(Math.abs(n - (96 * times) / 3)).toBeLessThan(1);
  }
});

test("images of a hard kind have more inside their class, which has what it has", async () => {
  const kinds = [0, 1].map((cluster) => ({
    cluster,
    n: 16,
    hard: cluster === 1,
    coverage: figure(cluster ? 0.4 : 0.9),
  }));
  const groups = [group("red", 0, 0.7), group("green", 1, 0.7, kinds), group("blue", 2, 0.7)];
  const found = { by: "class", groups, centres: null } as unknown as ImageDiagnosis;
  const shares = sharesOf(found.groups);
  expect(shares.map(({ kinds }) => kinds === null)).toEqual([true, false, true]);
  const [easy, hard] = shares[1].kinds!;
  expect(hard / easy).toBeCloseTo((0.05 + (0.9 * 6) / 7) / (0.05 + 0.9 / 7), 10);
  const weights = await imageWeights(found, shares, data, brightness);
  const greens = [...weights].filter((_, row) => data.train.labels![row] === 1);
  expect(new Set(greens.map((weight) => weight.toFixed(9))).size).toBe(2);
  expect(Math.max(...greens) / Math.min(...greens)).toBeCloseTo(hard / easy, 10);
  expect(new Set([...weights].filter((_, row) => data.train.labels![row] === 0)).size).toBe(1);
});
