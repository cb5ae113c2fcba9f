import { expect, test } from "vitest";
import {
  bootstrap,
  bootstrapFrechet,
  bootstrapMean,
  energyDistance,
  evaluateFeatures,
  evaluatePixels,
  evaluatePoints,
  features,
  firstRows,
  frechetDistance,
  frechetTo,
  gaussianMmd2,
  kernelDistance,
  type MetricReport,
  modeCoverage,
  prdc,
  quantile,
  ringCentres,
} from "../../src/metrics/index.js";
import { Random } from "../../src/random/index.js";
import { normalFeatures } from "./fixtures.js";

const random = new Random(11);
const sets = {
  samples: normalFeatures(random, 400, 6, 0.4),
  reference: normalFeatures(random, 400, 6),
  train: normalFeatures(random, 600, 6),
};
const options = () => ({
  features: "test-classifier",
  reference: "normal test",
  random: new Random(12),
  kid: { subsets: 10, subsetSize: 100 },
  resamples: 20,
});
const called = (reports: MetricReport[], start: string) => reports.find(({ name }) => name.startsWith(start))!;

test("the interval of a mean is 1.96 standard errors to either side", () => {
  const terms = Float64Array.from({ length: 500 }, () => random.normal());
  const mean = terms.reduce((sum, value) => sum + value, 0) / 500;
  const variance = terms.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 500;
  const [low, high] = bootstrapMean(terms, { random, resamples: 2000 });
  expect((low + high) / 2).toBeCloseTo(mean, 10);
  expect((high - low) / 2 / (1.96 * Math.sqrt(variance / 500))).toBeCloseTo(1, 1);
  expect(() => bootstrap(5, 0, () => 0, { random, resamples: 1 })).toThrow("at least 2");
});

test("the interval of a Fréchet distance is as wide as fresh samples scatter", () => {
  const distance = frechetTo(sets.reference);
  const fresh = Array.from({ length: 60 }, () => distance(normalFeatures(random, 400, 6, 0.4)));
  const mean = fresh.reduce((sum, value) => sum + value, 0) / 60;
  const deviation = Math.sqrt(fresh.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 59);
  const [low, high] = bootstrapFrechet(sets.samples, distance, { random, resamples: 100 });
  const ratio = (high - low) / 2 / (1.96 * deviation);
  expect(ratio).toBeGreaterThan(0.6);
  expect(ratio).toBeLessThan(1.6);
});

test.each([
  ["subsets of both sets", 300, 300, 100],
  ["all samples in every subset", 100, 300, 1000],
  ["both sets whole in every subset", 100, 100, 1000],
])("the interval of the kernel distance is as wide as fresh samples scatter: %s", (_, count, held, subsetSize) => {
  const fresh = new Random(13, "kernel distance");
  const reference = normalFeatures(fresh, held, 6);
  const reports = Array.from({ length: 40 }, () => {
    const drawn = { samples: normalFeatures(fresh, count, 6, 0.3), reference };
    const { value, error } = kernelDistance(drawn.samples, drawn.reference, { subsets: 10, subsetSize, random: fresh });
    return { value, margin: 1.96 * error };
  });
  const mean = reports.reduce((sum, { value }) => sum + value, 0) / 40;
  const deviation = Math.sqrt(reports.reduce((sum, { value }) => sum + (value - mean) ** 2, 0) / 39);
  const margin = Math.sqrt(reports.reduce((sum, { margin }) => sum + margin ** 2, 0) / 40);
  expect(margin / (1.96 * deviation)).toBeGreaterThan(0.75);
  expect(margin / (1.96 * deviation)).toBeLessThan(1.4);
});

test("a report has every metric with its floor and interval, and never says FID", () => {
  const reports = evaluateFeatures(sets, options());
  expect(reports.map(({ name }) => name)).toEqual([
    "Fréchet distance on test-classifier",
    "Kernel distance (KID) on test-classifier",
    "Precision (k = 5) on test-classifier",
    "Recall (k = 5) on test-classifier",
    "Density (k = 5) on test-classifier",
    "Coverage (k = 5) on test-classifier",
    "Distance to the nearest training vector (median) on test-classifier",
    "Distance to the nearest training vector (lowest 1 %) on test-classifier",
  ]);
  for (const { name, value, floor, interval, n } of reports) {
    expect(n, name).toBe(400);
    expect(floor, name).not.toBeNull();
    expect(interval![0], name).toBeLessThanOrEqual(value);
    expect(interval![1], name).toBeGreaterThanOrEqual(value);
  }
  const frechet = called(reports, "Fréchet");
  expect(frechet.value).toBeGreaterThan(0.7);
  expect(frechet.floor!).toBeLessThan(0.2);
  expect(frechet.interval![0]).toBeGreaterThan(frechet.floor!);
  expect(JSON.stringify(reports)).not.toContain("FID");
  expect(evaluateFeatures(sets, options())).toEqual(reports);
});

test("a report's figures are those of its metrics, over as many vectors as it says", () => {
  const { samples, reference, train } = sets;
  const [k, neighbourCount] = [3, 150];
  const reports = evaluateFeatures(sets, { ...options(), k, neighbourCount });
  expect(called(reports, "Fréchet").value).toBeCloseTo(frechetDistance(samples, reference), 10);
  const [queries, held] = [firstRows(samples, neighbourCount), firstRows(reference, neighbourCount)];
  const wanted = prdc(queries, held, k);
  for (const name of ["precision", "recall", "density", "coverage"] as const) {
    const report = called(reports, `${name[0].toUpperCase()}${name.slice(1)} (k = 3)`);
    expect(report.value, name).toBeCloseTo(wanted[name], 12);
    expect(report.n, name).toBe(neighbourCount);
    const terms = Array.from(wanted.terms[name]);
    const variance = terms.reduce((sum, term) => sum + (term - wanted[name]) ** 2, 0) / terms.length;
    const margin = 1.96 * Math.sqrt(variance / terms.length);
    expect((report.interval![1] - report.interval![0]) / 2 / margin, name).toBeCloseTo(1, 0);
  }
  const nearest = ({ data, count }: typeof samples) =>
    Array.from({ length: count }, (_, i) => {
      const row = data.subarray(6 * i, 6 * i + 6);
      const distances = Array.from({ length: train.count }, (_, j) =>
        Math.hypot(...row.map((v, d) => v - train.data[6 * j + d])),
      );
      return Math.min(...distances);
    });
  for (const [label, share] of [
    ["median", 0.5],
    ["lowest 1 %", 0.01],
  ] as const) {
    const report = called(reports, `Distance to the nearest training vector (${label})`);
    expect(report.n).toBe(neighbourCount);
    expect(report.value).toBeCloseTo(quantile(nearest(queries), share), 5);
    expect(report.floor).toBeCloseTo(quantile(nearest(held), share), 5);
  }
});

test("a kernel distance is reported only where its interval is above zero", () => {
  const kid = (samples: typeof sets.samples) =>
    evaluateFeatures({ ...sets, samples }, { ...options(), metrics: ["kid"] });
  const [{ interval, value }] = kid(sets.samples);
  expect(interval![0]).toBeGreaterThan(0);
  expect(value).toBeGreaterThan(interval![0]);
  expect(kid(sets.reference)).toEqual([]);
  // Its random numbers are the report's first
  const { subsets, subsetSize } = options().kid;
  const direct = kernelDistance(sets.samples, sets.reference, { subsets, subsetSize, random: options().random });
  expect(value).toBe(direct.value);
  expect(interval!.map((end) => end - value)).toEqual(
    [-1, 1].map((side) => expect.closeTo(side * 1.96 * direct.error, 12)),
  );
});

test("without training data there are no floors; a selection computes only what it names", () => {
  const { samples, reference } = sets;
  const reports = evaluateFeatures(
    { samples, reference },
    { ...options(), metrics: ["frechet", "neighbours"], resamples: 0 },
  );
  expect(reports).toHaveLength(1);
  expect(reports[0]).toMatchObject({ floor: null, interval: null, n: 400, reference: "normal test" });
});

test("accuracy is reported where there are logits", () => {
  const logits = Float32Array.of(1, 0, 0, 1, 1, 0, 1, 0);
  const [report] = evaluateFeatures(sets, {
    ...options(),
    metrics: [],
    classified: { samples: { logits, labels: [0, 1, 0, 1] }, reference: { logits, labels: [0, 1, 0, 0] } },
  });
  expect(report).toMatchObject({ name: "Accuracy of the classifier of test-classifier", value: 0.75, floor: 1, n: 4 });
});

test("pixels are reported as a label-free Fréchet distance and sharpness", () => {
  const blurred = {
    ...sets,
    samples: features(
      sets.train.data.map((value) => value / 2),
      6,
    ),
  };
  const reports = evaluatePixels(blurred, {
    ...options(),
    shape: { height: 2, width: 3, channels: 1, layout: "CHW" },
    pca: { components: 4 },
  });
  expect(reports.map(({ name }) => name)).toEqual([
    "Fréchet distance on pixel PCA 4",
    "Sharpness (pixel gradient ratio)",
  ]);
  expect(reports[1].value).toBeCloseTo(0.5, 1);
  expect(reports[1].floor).toBeCloseTo(1, 1);
  expect(reports[0].value).toBeGreaterThan(5 * reports[0].floor!);
});

test("points on the ring are reported with their modes", () => {
  const centres = ringCentres();
  const draw = (modes: number) => {
    const data = new Float32Array(1000);
    for (let i = 0; i < 500; i++) {
      const mode = random.integer(modes);
      data[2 * i] = centres.data[2 * mode] + 0.05 * random.normal();
      data[2 * i + 1] = centres.data[2 * mode + 1] + 0.05 * random.normal();
    }
    return features(data, 2);
  };
  const [samples, reference] = [draw(4), draw(8)];
  const reports = evaluatePoints(
    { samples, reference, train: draw(8) },
    { reference: "gaussians-8", random, centres: "ring" },
  );
  expect(called(reports, "Energy").value).toBe(energyDistance(samples, reference));
  expect(called(reports, "MMD² (Gaussian, σ = 0.2)").value).toBe(gaussianMmd2(samples, reference, 0.2));
  expect(called(reports, "Share within 0.2").value).toBe(modeCoverage(samples, centres).highQuality);
  expect(called(reports, "Modes")).toMatchObject({ value: 4, floor: 8 });
  for (const name of ["Sliced", "Energy", "MMD²"])
    expect(called(reports, name).value, name).toBeGreaterThan(5 * Math.abs(called(reports, name).floor!));
});

test("neighbours are five, or as many as the smallest set has, and the name says how many", () => {
  const small = normalFeatures(random, 4, 6);
  const names = (given: Partial<typeof sets>, k?: number) =>
    evaluateFeatures({ ...sets, ...given }, { ...options(), metrics: ["prdc"], k }).map(({ name }) => name);
  expect(names({})[0]).toContain("Precision (k = 5)");
  for (const given of [{ samples: small }, { reference: small }, { train: small }])
    expect(names(given)[0]).toContain("Precision (k = 3)");
  expect(() => names({ reference: small }, 5)).toThrow(/k must be 1 to 3/);
});
