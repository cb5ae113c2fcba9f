import { expect, test } from "vitest";
import {
  energyDistance,
  features,
  firstRows,
  gaussianMmd2,
  modeCoverage,
  quantile,
  ringCentres,
  slicedWasserstein1,
  wasserstein1,
} from "../../src/metrics/index.js";
import { Random } from "../../src/random/index.js";
import { golden, goldenPoints } from "./fixtures.js";

const points = goldenPoints("points");
const others = goldenPoints("others");

/** Hands out the golden directions as "normal" numbers. */
function recorded() {
  let at = 0;
  const refuse = () => {
    throw new Error("Only normal numbers are recorded.");
  };
  return { normal: () => golden.directions[at++] as number, uniform: refuse, integer: refuse };
}

test("sliced Wasserstein-1 agrees with SciPy for equal and unequal sizes", () => {
  const options = () => ({ directions: 9, random: recorded() });
  expect(slicedWasserstein1(points, others, options())).toBeCloseTo(golden.slicedUnequal, 12);
  expect(slicedWasserstein1(firstRows(points, 31), others, options())).toBeCloseTo(golden.slicedEqual, 12);
});

test("Wasserstein-1 of hand-made samples", () => {
  expect(wasserstein1(Float64Array.of(3, 1), Float64Array.of(2, 5))).toBeCloseTo(1.5, 14);
  expect(wasserstein1(Float64Array.of(0), Float64Array.of(1, 2, 3))).toBeCloseTo(2, 14);
});

test("energy distance and Gaussian MMD² agree with NumPy", () => {
  expect(energyDistance(points, others)).toBeCloseTo(golden.energy, 12);
  for (const sigma of [0.2, 1])
    expect(gaussianMmd2(points, others, sigma)).toBeCloseTo(golden.gaussian[sigma.toFixed(1)], 12);
  expect(() => gaussianMmd2(points, others, 0)).toThrow("sigma must be positive");
});

test("unbiased discrepancies scatter about zero between samples of one distribution", () => {
  const random = new Random(1);
  const draw = () =>
    features(
      Float32Array.from({ length: 100 }, () => random.normal()),
      2,
    );
  const values = Array.from({ length: 60 }, () => energyDistance(draw(), draw()));
  const mean = values.reduce((sum, value) => sum + value, 0) / 60;
  const deviation = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 59);
  expect(Math.min(...values)).toBeLessThan(0);
  expect(Math.abs(mean)).toBeLessThan((4 * deviation) / Math.sqrt(60));
});

test("mode coverage of the ring: all modes, one mode, none", () => {
  const random = new Random(2);
  const centres = ringCentres();
  const ring = (pick: () => number) =>
    features(
      Float32Array.from({ length: 800 }, () => pick()).reduce((all, mode, i) => {
        all[2 * i] = centres.data[2 * mode] + 0.05 * random.normal();
        all[2 * i + 1] = centres.data[2 * mode + 1] + 0.05 * random.normal();
        return all;
      }, new Float32Array(1600)),
      2,
    );
  const all = modeCoverage(
    ring(() => random.integer(8)),
    centres,
  );
  expect(all.modes).toBe(8);
  expect(all.highQuality).toBeGreaterThan(0.99);
  const one = modeCoverage(
    ring(() => 3),
    centres,
  );
  expect(one.modes).toBe(1);
  expect(one.shares[3]).toBeGreaterThan(0.99);
  expect(modeCoverage(features(new Float32Array(40), 2), centres)).toMatchObject({ modes: 0, highQuality: 0 });
});

test("a mode needs more than 2 % of all samples", () => {
  const at = (outliers: number) =>
    features(
      Float32Array.from({ length: 200 }, (_, i) => (i % 2 ? 0 : i / 2 < outliers ? -1 : 1)),
      2,
    );
  expect(modeCoverage(at(2), ringCentres()).modes).toBe(1);
  expect(modeCoverage(at(3), ringCentres()).modes).toBe(2);
});

test("quantiles agree with NumPy's", () => {
  const values = Float32Array.from(golden.samples);
  for (const [p, expected] of Object.entries(golden.quantiles))
    expect(quantile(values, Number(p))).toBeCloseTo(expected as number, 12);
  expect(() => quantile([], 0.5)).toThrow("at least one");
  expect([quantile([3, 1, 2], 0), quantile([3, 1, 2], 1)]).toEqual([1, 3]);
  for (const p of [-0.1, 1.1, Number.NaN]) expect(() => quantile([1], p)).toThrow(`between 0 and 1, not ${p}`);
});
