import { expect, test } from "vitest";
import { accuracy, features, fitPca, pcaFeatures, pixelGradients, sharpness } from "../../src/metrics/index.js";
import { Random } from "../../src/random/index.js";
import { golden, goldenFeatures, largestError, normalFeatures } from "./fixtures.js";

test("principal components agree with NumPy's eigh, up to sign", () => {
  const samples = goldenFeatures("samples");
  const pca = fitPca(samples, { components: 3 });
  expect(largestError(pca.variances, golden.pca.variances)).toBeLessThan(1e-10);
  const projected = pcaFeatures(pca, samples);
  expect(projected.dim).toBe(3);
  expect(largestError(projected.data.map(Math.abs), golden.pca.absolute)).toBeLessThan(1e-4);
});

test("principal components of wide data are orthonormal and carry the variance they claim", () => {
  const random = new Random(7);
  const wide = normalFeatures(random, 400, 150);
  for (let i = 0; i < wide.data.length; i++) wide.data[i] *= 3 / (1 + (i % 150));
  const pca = fitPca(wide, { components: 20 });
  for (let i = 0; i < 20; i++)
    for (let j = 0; j <= i; j++) {
      let dot = 0;
      for (let d = 0; d < 150; d++) dot += pca.components[i * 150 + d] * pca.components[j * 150 + d];
      expect(dot).toBeCloseTo(i === j ? 1 : 0, 10);
    }
  const projected = pcaFeatures(pca, wide);
  for (const c of [0, 7, 19]) {
    let variance = 0;
    for (let i = 0; i < 400; i++) variance += projected.data[i * 20 + c] ** 2 / 399;
    expect(variance / pca.variances[c]).toBeCloseTo(1, 5);
  }
});

test("vectors are projected alike, alone and among many", () => {
  const many = normalFeatures(new Random(3), 2500, 5);
  const pca = fitPca(many, { components: 2 });
  const all = pcaFeatures(pca, many).data;
  for (const row of [0, 1023, 1024, 2499]) {
    const alone = pcaFeatures(pca, features(many.data.slice(row * 5, row * 5 + 5), 5)).data;
    expect(largestError(alone, all.subarray(2 * row, 2 * row + 2))).toBeLessThan(1e-6);
  }
});

test("data of low rank have components of no variance, not NaN", () => {
  const line = features(
    Float32Array.from({ length: 30 }, (_, i) => Math.floor(i / 3) * (1 + (i % 3))),
    3,
  );
  const { variances, components } = fitPca(line);
  expect(variances[0]).toBeCloseTo(14 * (82.5 / 9), 8);
  expect(variances[1]).toBeCloseTo(0, 8);
  expect(components.every(Number.isFinite)).toBe(true);
});

test("pixel gradients of hand-made images, in both layouts", () => {
  const planar = features(Float32Array.of(0, 1, 3, 3, 0, 0, 0, 8), 8);
  const interleaved = features(Float32Array.of(0, 0, 1, 0, 3, 0, 3, 8), 8);
  const expected = ((1 + 0 + 0 + 8) / 4 + (3 + 2 + 0 + 8) / 4) / 2;
  const shape = { height: 2, width: 2, channels: 2 };
  expect(pixelGradients(planar, { ...shape, layout: "CHW" })[0]).toBeCloseTo(expected, 12);
  expect(pixelGradients(interleaved, { ...shape, layout: "HWC" })[0]).toBeCloseTo(expected, 12);
});

test("pixel gradients see rows and columns of a flat ramp apart", () => {
  const ramp = features(Float32Array.of(0, 1, 2, 0, 1, 2), 6);
  expect(pixelGradients(ramp, { height: 2, width: 3, channels: 1, layout: "HWC" })[0]).toBe(0.5);
  const doubled = features(
    ramp.data.map((value) => 2 * value),
    6,
  );
  expect(sharpness(doubled, ramp, { height: 2, width: 3, channels: 1, layout: "CHW" })).toBe(2);
  expect(() => pixelGradients(ramp, { height: 3, width: 3, channels: 1, layout: "CHW" })).toThrow("3 × 3 × 1");
});

test("accuracy counts the rows whose largest logit is the label's", () => {
  const logits = Float32Array.of(1, 2, 0, 5, 1, 1, -3, -2, -1, 0, 0, 0);
  expect(accuracy({ logits, labels: [1, 0, 0, 0] })).toBe(0.75);
  expect(() => accuracy({ logits, labels: [1, 0, 3, 0] })).toThrow("Label 3 of sample 2");
  expect(() => accuracy({ logits, labels: [1, 0, 0, 0, 0] })).toThrow("whole rows for 5 labels");
});
