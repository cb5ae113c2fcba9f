import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type ImageDataset, type ImageSplit, resolveDataset, toFloat } from "../../src/data/index.js";
import { ClassifierModel } from "../../src/judges/classifier/model.js";
import { presets } from "../../src/judges/classifier/settings.js";
import { trainClassifier } from "../../src/judges/classifier/train.js";
import {
  classifierExtractor,
  type Extractor,
  extractorFor,
  otherClassifiers,
} from "../../src/judges/extractors/index.js";
import {
  evaluateImages,
  evaluateModel,
  evaluateReconstruction,
  measureReference,
  nearestTraining,
  type Reference,
} from "../../src/judges/images/index.js";
import { Images } from "../../src/media/images.js";
import { loadModel } from "../../src/methods/load.js";
import { features, frechetDistance, type MetricReport, prdc } from "../../src/metrics/index.js";
import type { ImageGenerator } from "../../src/models/generator.js";
import { Random } from "../../src/random/index.js";
import { writeUntrainedDrifting } from "../methods/fixtures/untrained.js";
import { shapes } from "../methods/pictures.js";

const root = mkdtempSync(join(tmpdir(), "fewstep-evaluate-"));
let dataset: ImageDataset;
let extractor: Extractor;
let reference: Reference;

beforeAll(async () => {
  dataset = await resolveDataset(fileURLToPath(new URL("../fixtures/fashion-mnist", import.meta.url)));
  const settings = { ...presets.tiny, widths: [8, 16, 16] as [number, number, number], features: 12, batch: 40 };
  await trainClassifier(
    dataset,
    { ...settings, steps: 60, lr: 4e-3 },
    { out: join(root, "judge"), name: "judge", threads: 1 },
  );
  extractor = await classifierExtractor(join(root, "judge"), dataset);
  reference = await measureReference(dataset, extractor);
});
afterAll(async () => {
  await extractor?.release();
  rmSync(root, { recursive: true, force: true });
});

const indices = Array.from({ length: 200 }, (_, i) => i);
const real = () =>
  new Images(
    toFloat(dataset.train, indices),
    200,
    1,
    28,
    28,
    Int32Array.from(indices, (i) => dataset.train.labels![i]),
  );
const noise = () =>
  new Images(
    new Random(3).normals(80 * 784).map((x) => Math.max(-1, Math.min(1, x / 2))),
    80,
    1,
    28,
    28,
  );
const find = (metrics: MetricReport[], start: string) => metrics.find(({ name }) => name.startsWith(start))!;

/** Mean of the mean absolute differences along rows and along columns, of images of 28×28 bytes. */
function gradient(bytes: Uint8Array, count: number): number {
  let sum = 0;
  for (let i = 0; i < count * 784; i++) {
    if (i % 28 < 27) sum += Math.abs(bytes[i + 1] - bytes[i]);
    if (i % 784 < 27 * 28) sum += Math.abs(bytes[i + 28] - bytes[i]);
  }
  return sum / (2 * count * 27 * 28);
}

test("real images taken for samples score their floor", async () => {
  const metrics = await evaluateImages(real(), reference);
  expect(metrics.map(({ name }) => name)).toEqual([
    "Fréchet distance on judge",
    "Precision (k = 5) on judge",
    "Recall (k = 5) on judge",
    "Density (k = 5) on judge",
    "Coverage (k = 5) on judge",
    "Distance to the nearest training vector (median) on judge",
    "Distance to the nearest training vector (lowest 1 %) on judge",
    "Accuracy of the classifier of judge",
    "Fréchet distance on pixel PCA 64",
    "Sharpness (pixel gradient ratio)",
  ]);
  for (const start of ["Fréchet distance on judge", "Fréchet distance on pixel", "Precision", "Recall", "Coverage"]) {
    const { value, floor } = find(metrics, start);
    expect(value / floor!, start).toBeCloseTo(1, 3);
  }
  const { train, test } = dataset;
  expect(find(metrics, "Sharpness").value).toBeCloseTo(gradient(train.pixels, 200) / gradient(test.pixels, 80), 4);
  expect(find(metrics, "Distance to the nearest training vector (median)").value).toBeCloseTo(0, 3);
  expect(find(metrics, "Accuracy").value).toBeGreaterThan(0.3);
});

test("in the extractor's space samples are measured against the test images", async () => {
  const judge = await ClassifierModel.load(join(root, "judge"), { threads: 1 });
  const space = async (split: ImageSplit) => features((await judge.judgeSplit(split)).features, 12);
  const [train, test] = [await space(dataset.train), await space(dataset.test)];
  await judge.release();
  const metrics = await evaluateImages(real(), reference);
  expect(find(metrics, "Fréchet distance on judge").value).toBeCloseTo(frechetDistance(train, test), 3);
  const wanted = prdc(train, test, 5);
  for (const name of ["precision", "recall", "density", "coverage"] as const)
    expect(find(metrics, name[0].toUpperCase() + name.slice(1)).value, name).toBeCloseTo(wanted[name], 6);
});

describe("with classes of one grey level each", () => {
  const [size, levels, shares] = [64, [20, 90, 200], [5, 3, 2]];
  /** Class of image i: five of the first, three of the second and two of the third in ten, in no order. */
  const order = new Random(1, "shares").permutation(100);
  const labelOf = (i: number) => [0, 0, 0, 0, 0, 1, 1, 1, 2, 2][order[i % 100] % 10];
  const split = (count: number): ImageSplit => ({
    count,
    pixels: Uint8Array.from({ length: count * size }, (_, j) => levels[labelOf(Math.floor(j / size))] + ((j * j) % 7)),
    labels: Uint16Array.from({ length: count }, (_, i) => labelOf(i)),
    channels: 1,
  });
  const greys: ImageDataset = {
    ...shapes(),
    id: "greys",
    height: 8,
    width: 8,
    classNames: ["dark", "grey", "light"],
    train: split(200),
    test: split(100),
  };
  const byte = (x: number) => (x + 1) * 127.5;
  /** Knows the classes: by the nearest level. Its features are the mean, the first pixel and the last. */
  const exact: Extractor = {
    name: "levels",
    preprocessing: "none",
    dim: 3,
    async extract(images, count) {
      const rows = Array.from({ length: count }, (_, i) => images.subarray(i * size, (i + 1) * size));
      const means = rows.map((row) => row.reduce((sum, x) => sum + byte(x), 0) / size);
      return {
        features: Float32Array.from(rows.flatMap((row, i) => [means[i], byte(row[0]), byte(row[size - 1])])),
        logits: Float32Array.from(means.flatMap((mean) => levels.map((level) => -Math.abs(mean - level - 3)))),
      };
    },
    async release() {},
    async [Symbol.asyncDispose]() {},
  };
  /** Draws the level of the class that was asked for, but every `wrong`-th image is of the next class. */
  const painter = (wrong: number, asked: number[] = []) =>
    ({
      config: { name: "painter", image: { height: 8, width: 8, channels: 1 } },
      classNames: greys.classNames,
      async sample({ count, label }: { count: number; label: string[] }) {
        const labels = Int32Array.from(label, (name) => greys.classNames!.indexOf(name));
        asked.push(...labels);
        const drawn = Array.from(labels, (k, i) => levels[i % wrong === 0 ? (k + 1) % 3 : k]);
        const pixels = Float32Array.from({ length: count * size }, (_, j) => drawn[Math.floor(j / size)] / 127.5 - 1);
        return new Images(pixels, count, 1, 8, 8, labels);
      },
      cost: () => 1,
      async reconstruct(images: Images) {
        expect(Array.from(images.labels!)).toEqual(
          Array.from(images.labels!, (_, i) => {
            const first = byte(images.pixels[i * size]);
            return levels.findLastIndex((level) => first >= level - 1);
          }),
        );
        return new Images(
          images.pixels.map((x) => x + 2.3 / 127.5),
          images.count,
          1,
          8,
          8,
          images.labels,
        );
      },
    }) as unknown as ImageGenerator;
  let greyReference: Reference;
  beforeAll(async () => {
    greyReference = await measureReference(greys, exact);
  });

  test("labels are those of the images: accuracies are exact", async () => {
    const { metrics } = await evaluateModel(painter(4), greyReference, { sample: { count: 200 }, resamples: 0 });
    expect(find(metrics, "Accuracy")).toMatchObject({ value: 0.75, floor: 1, n: 200 });
    const some = await measureReference(greys, exact, { limit: 30 });
    const few = await evaluateModel(painter(1000), some, { sample: { count: 20 }, resamples: 0, metrics: [] });
    expect(find(few.metrics, "Accuracy")).toMatchObject({ value: 0.95, floor: 1 });
  });

  test("classes of another list than the data's are neither asked for nor measured", async () => {
    const asked: unknown[] = [];
    const other = {
      ...painter(4),
      classNames: ["shoe", "coat", "hat"],
      async sample({ count, label }: { count: number; label?: unknown }) {
        asked.push(label);
        return new Images(new Float32Array(count * size), count, 1, 8, 8, new Int32Array(count));
      },
    } as unknown as ImageGenerator;
    const { metrics } = await evaluateModel(other, greyReference, { sample: { count: 20 }, resamples: 0, metrics: [] });
    expect(asked).toEqual([undefined]);
    expect(find(metrics, "Accuracy")).toBeUndefined();
  });

  test.each([
    ["size", new Images(new Float32Array(4 * 64), 4, 1, 4, 16)],
    ["channels", new Images(new Float32Array(4 * 48), 4, 3, 4, 4)],
  ])("images of another %s than the data's are refused", async (_, images) => {
    await expect(evaluateImages(images, greyReference)).rejects.toThrow(/they cannot be compared/);
    await expect(nearestTraining(images, greyReference)).rejects.toThrow(/they cannot be compared/);
  });

  test("of few images as many neighbours are taken as there are, and the figures say so", async () => {
    const small = { ...greys, train: split(4), test: split(3) };
    const reference = await measureReference(small, exact);
    const { metrics } = await evaluateModel(painter(4), reference, { sample: { count: 100 }, resamples: 0 });
    expect(find(metrics, "Precision").name).toContain("(k = 2)");
    const images = new Images(new Float32Array(2 * 64), 2, 1, 8, 8);
    expect((await nearestTraining(images, reference)).columns).toBe(5);
    await expect(measureReference({ ...greys, test: split(1) }, exact)).rejects.toThrow(
      /greys has 1 test image; two at least/,
    );
  });

  test("the classes asked for have the test images' shares", async () => {
    const asked: number[] = [];
    await evaluateModel(painter(4, asked), greyReference, { sample: { count: 300 }, resamples: 0, metrics: [] });
    expect(shares.map((_, k) => asked.filter((label) => label === k).length)).toEqual(shares.map((s) => 30 * s));
  });

  test("a label that the test images' classes would replace is refused, and a metric that the reference has not", async () => {
    const asked: number[] = [];
    const labelled = evaluateModel(painter(4, asked), greyReference, { sample: { count: 20, label: "nonsense" } });
    await expect(labelled).rejects.toThrow(/have the labels of the test images; leave out label/);
    const reference = await measureReference(greys, null);
    const kid = evaluateModel(painter(4, asked), reference, { sample: { count: 20 }, metrics: ["frechet", "kid"] });
    await expect(kid).rejects.toThrow(/"kid" is measured in the space of an extractor, and the reference has none/);
    expect(asked).toEqual([]);
  });

  test("of a model with other classes, or none, and of images without labels no classes are asked for", async () => {
    const asked: object[] = [];
    const of = (classNames: string[] | null) =>
      ({
        ...painter(4),
        classNames,
        async sample(options: { count: number }) {
          asked.push(options);
          return new Images(new Float32Array(options.count * size), options.count, 1, 8, 8);
        },
      }) as unknown as ImageGenerator;
    const options = { sample: { count: 10, seed: 3 }, resamples: 0, metrics: [] };
    const { metrics } = await evaluateModel(of(["dark", "light", "grey"]), greyReference, options);
    await evaluateModel(of(null), greyReference, options);
    await evaluateModel(of(greys.classNames), { ...greyReference, testLabels: null }, options);
    expect(asked).toEqual(Array(3).fill({ count: 10, seed: 3 }));
    expect(find(metrics, "Accuracy")).toBeUndefined();
  });

  test("reconstructions are compared with the images they came from", async () => {
    const reports = (await evaluateReconstruction(painter(4), greyReference))!;
    // Each pixel is two bytes off, of 255
    expect(find(reports, "Reconstruction PSNR").value).toBeCloseTo(20 * Math.log10(255 / 2), 3);
    expect(find(reports, "Reconstructions: Accuracy").value).toBe(1);
  });

  test("samples are rounded to bytes before anything is measured", async () => {
    const random = new Random(5);
    const bytes = Array.from({ length: 50 * size }, () => random.integer(256));
    const images = (shift: () => number) =>
      new Images(
        Float32Array.from(bytes, (b) => Math.max(-1, Math.min(1, (b + shift()) / 127.5 - 1))),
        50,
        1,
        8,
        8,
      );
    const whole = new Images(
      Float32Array.from(bytes, (b) => b / 127.5 - 1),
      50,
      1,
      8,
      8,
    );
    const off = images(() => 0.8 * random.uniform() - 0.4);
    expect(await evaluateImages(off, greyReference)).toEqual(await evaluateImages(whole, greyReference));
    expect((await nearestTraining(off, greyReference)).distances).toEqual(
      (await nearestTraining(whole, greyReference)).distances,
    );
    expect(
      await evaluateImages(
        images(() => 1),
        greyReference,
      ),
    ).not.toEqual(await evaluateImages(whole, greyReference));
  });
});

describe("of more images than are held at a time", () => {
  const [size, count] = [16, 2300];
  const draw = (n: number, name: string): ImageSplit => {
    const random = new Random(6, name);
    const pixels = Uint8Array.from({ length: n * size }, () => random.integer(256));
    return { count: n, pixels, labels: Uint16Array.from({ length: n }, (_, i) => i % 3), channels: 1 };
  };
  const many: ImageDataset = {
    ...shapes(),
    height: 4,
    width: 4,
    classNames: ["a", "b", "c"],
    train: draw(count, "train"),
    test: draw(1200, "test"),
  };
  const rowsOf = ({ pixels, count }: ImageSplit) =>
    Array.from({ length: count }, (_, i) => [...pixels.subarray(i * size, i * size + 3)]);
  /** Features are the first three bytes; `sizes` are those of the batches, `dim` is more where the rest is zeros. */
  const firstBytes = (sizes: number[] = [], dim = 3): Extractor => ({
    name: "first bytes",
    preprocessing: "none",
    dim,
    async extract(images, n) {
      sizes.push(n);
      const values = new Float32Array(n * dim);
      for (let i = 0; i < n; i++)
        for (let j = 0; j < 3; j++) values[i * dim + j] = Math.round((images[i * size + j] + 1) * 127.5);
      return {
        features: values,
        logits: Float32Array.from({ length: 2 * n }, (_, j) => values[(j >> 1) * dim + (j % 2)]),
      };
    },
    async release() {},
    async [Symbol.asyncDispose]() {},
  });
  const sorted = (rows: number[][]) => rows.map(String).sort();

  test("a reference holds each image's features once, and the test images' classes and logits in their order", async () => {
    const sizes: number[] = [];
    const done: number[] = [];
    const reference = await measureReference(many, firstBytes(sizes), { onProgress: (p) => void done.push(p.done) });
    expect(Math.max(...sizes)).toBe(1000);
    const space = [1000, 1200, 1000, 2000, 2300];
    expect(done).toEqual([...space, ...space]); // the extractor's, and that of the pixels
    const [{ test, train, testLogits }] = reference.spaces;
    const rows = (data: ArrayLike<number>, n: number) =>
      Array.from({ length: n }, (_, i) => [data[3 * i], data[3 * i + 1], data[3 * i + 2]]);
    expect(sorted(rows(train.data, train.count))).toEqual(sorted(rowsOf(many.train)));
    const [all, { testRows, testLabels }] = [rowsOf(many.test), reference];
    expect(new Set(testRows).size).toBe(1200);
    expect(rows(test.data, test.count)).toEqual(Array.from(testRows, (row) => all[row]));
    expect([...testLogits!]).toEqual(Array.from(testRows, (row) => all[row].slice(0, 2)).flat());
    expect([...testLabels!]).toEqual(Array.from(testRows, (row) => row % 3));
  });

  test("wide features take as many training images as test images", async () => {
    const { spaces } = await measureReference(many, firstBytes([], 513), { limit: 20 });
    expect([spaces[0].test.count, spaces[0].train.count]).toEqual([20, 20]);
    const narrow = await measureReference(many, firstBytes([], 512), { limit: 20 });
    expect([narrow.spaces[0].test.count, narrow.spaces[0].train.count]).toEqual([20, count]);
  });

  test("the nearest training images are the nearest of all, each sample's first", async () => {
    const drawn = draw(6, "drawn");
    const images = new Images(toFloat(drawn, [0, 1, 2, 3, 4, 5]), 6, 1, 4, 4);
    const spaces = [{ extractor: firstBytes() }] as Reference["spaces"];
    const done: number[] = [];
    const sheet = await nearestTraining(
      images,
      { dataset: many, spaces },
      {
        neighbours: 4,
        onProgress: (p) => void done.push(p.done),
      },
    );
    expect(done).toEqual([1000, 2000, 2300]);
    const all = rowsOf(many.train);
    for (const [i, own] of rowsOf(drawn).entries()) {
      const near = all
        .map((row, at) => ({ at, distance: Math.hypot(...row.map((v, j) => v - own[j])) }))
        .sort((a, b) => a.distance - b.distance)
        .slice(0, 4);
      expect([...sheet.distances.subarray(4 * i, 4 * i + 4)]).toEqual(near.map((n) => expect.closeTo(n.distance, 4)));
      const row = Array.from({ length: 5 }, (_, j) =>
        sheet.pixels.subarray((5 * i + j) * size, (5 * i + j + 1) * size),
      );
      expect(row[0]).toEqual(images.pixels.subarray(i * size, (i + 1) * size));
      // Where two are equally near, either may come first
      const shown = row.slice(1).map((pixels) => Array.from(pixels.subarray(0, 3), (x) => (x + 1) * 127.5));
      expect(shown.map((bytes) => Math.hypot(...bytes.map((v, j) => v - own[j])))).toEqual(
        near.map((n) => expect.closeTo(n.distance, 3)),
      );
    }
  });
});

test("noise scores far worse, in every space", async () => {
  const metrics = await evaluateImages(noise(), reference);
  expect(find(metrics, "Fréchet distance on judge").value).toBeGreaterThan(
    5 * find(metrics, "Fréchet distance on judge").floor!,
  );
  expect(find(metrics, "Fréchet distance on pixel").value).toBeGreaterThan(
    2 * find(metrics, "Fréchet distance on pixel").floor!,
  );
  expect(find(metrics, "Coverage").value).toBeLessThan(0.5 * find(metrics, "Coverage").floor!);
  expect(find(metrics, "Sharpness").value).toBeGreaterThan(1.5);
  expect(find(metrics, "Accuracy")).toBeUndefined();
});

test("a choice of metrics computes no others", async () => {
  const metrics = await evaluateImages(noise(), reference, { metrics: ["frechet"], resamples: 0 });
  expect(metrics.map(({ name, interval }) => [name, interval === null])).toEqual([
    ["Fréchet distance on judge", true],
    ["Fréchet distance on pixel PCA 64", true],
    ["Sharpness (pixel gradient ratio)", false],
  ]);
});

test("pixels alone need no network", async () => {
  expect(await extractorFor("pixel-pca", dataset)).toBeNull();
  const metrics = await evaluateImages(real(), await measureReference(dataset, null));
  expect(new Set(metrics.map(({ features }) => features))).toEqual(new Set(["pixel PCA 64", "pixels"]));
  expect(find(metrics, "Coverage").value).toBeCloseTo(find(metrics, "Coverage").floor!, 10);
});

test("other judges measure the distance alone, and of three spaces there is the mean ratio to the floors", async () => {
  const others = await otherClassifiers(dataset);
  expect(others.map(({ name }) => name)).toEqual(["classifier-mnist"]); // not the one of these data
  expect(await otherClassifiers(dataset, { besides: "classifier-mnist" })).toEqual([]);
  const [mnist] = others;
  try {
    const metrics = await evaluateImages(real(), await measureReference(dataset, extractor, { others: [mnist] }));
    const distances = metrics.filter(({ name }) => name.startsWith("Fréchet distance on"));
    expect(distances.map(({ features }) => features)).toEqual(["judge", "pixel PCA 64", "classifier-mnist"]);
    expect(metrics.filter(({ features }) => features === "classifier-mnist")).toHaveLength(1);
    const ratios = distances.map(({ value, floor }) => value / floor!);
    expect(find(metrics, "Fréchet distance over").value).toBeCloseTo(ratios.reduce((a, b) => a + b) / 3, 12);
  } finally {
    await mnist.release();
  }
  expect(find(await evaluateImages(real(), reference), "Fréchet distance over")).toBeUndefined();
});

test("the reference is the same whatever the chunk or limit, and the images are taken in random order", async () => {
  const { spaces, testLabels } = await measureReference(dataset, extractor, { limit: 40, trainLimit: 60 });
  expect(spaces[0].test.count).toBe(40);
  expect(spaces[0].train.count).toBe(60);
  expect(spaces[0].test.data.subarray(0, 12)).toEqual(reference.spaces[0].test.data.subarray(0, 12));
  expect(new Set(testLabels).size).toBeGreaterThan(5);
});

test("a model is sampled in the classes' shares; the same seed gives the same figures", async () => {
  const folder = join(root, "drifting");
  await writeUntrainedDrifting(folder, dataset);
  const model = await loadModel(folder, { kind: "image" });
  try {
    const first = await evaluateModel(model, reference, { sample: { count: 80, seed: 4 } });
    expect(first).toMatchObject({ model: "untrained", data: "fashion-mnist", count: 80, nfe: 1, seed: 4 });
    expect(find(first.metrics, "Fréchet distance on judge").n).toBe(80);
    expect(find(first.metrics, "Accuracy").n).toBe(80);
    expect(await evaluateModel(model, reference, { sample: { count: 80, seed: 4 } })).toEqual(first);
    const small = { ...reference, dataset: { ...dataset, height: 14, width: 14 } };
    await expect(evaluateModel(model, small)).rejects.toThrow(
      "untrained draws images of 28×28×1, but fashion-mnist has 14×14×1",
    );
  } finally {
    await model.release();
  }
});

test("training images have themselves for nearest neighbours", async () => {
  const [a, b] = [17, 130];
  const images = new Images(toFloat(dataset.train, [a, b]), 2, 1, 28, 28);
  const { pixels, columns, distances } = await nearestTraining(images, reference, { neighbours: 3 });
  expect(columns).toBe(4);
  expect(pixels).toHaveLength(2 * 4 * 784);
  for (const row of [0, 1]) {
    const at = (column: number) => pixels.subarray((row * 4 + column) * 784, (row * 4 + column + 1) * 784);
    expect(at(1)).toEqual(at(0));
    expect(at(2)).not.toEqual(at(0));
    expect([...distances.subarray(3 * row, 3 * row + 3)]).toEqual(
      [...distances.subarray(3 * row, 3 * row + 3)].sort((x, y) => x - y),
    );
  }
  for (const neighbours of [201, 0, 1.5, Number.NaN])
    await expect(nearestTraining(images, reference, { neighbours })).rejects.toThrow(
      `neighbours must be 1 to 200, the training images that are searched; got ${neighbours}`,
    );
});

test("without fitting features it is said what to do", async () => {
  const own = { ...dataset, id: "my-pictures" };
  await expect(extractorFor("classifier", own)).rejects.toThrow(
    /No classifier ships for my-pictures.*fewstep train classifier.*pixel-pca or resnet50-imagenet/,
  );
  await expect(extractorFor("classifier", { ...own, classNames: null })).rejects.toThrow(
    /Images without classes train no classifier; take --features pixel-pca/,
  );
  await expect(extractorFor(join(root, "judge"), { ...own, height: 32, width: 32, channels: 3 })).rejects.toThrow(
    /takes images of 28×28×1, but my-pictures has 32×32×3/,
  );
  await expect(extractorFor("inception", own)).rejects.toThrow('There are no features "inception". Choose classifier');
  const folder = join(root, "drifting-as-features");
  await writeUntrainedDrifting(folder, dataset);
  await expect(extractorFor(folder, dataset)).rejects.toThrow('is a "drifting" model, not a classifier');
});

test("a classifier of other classes gives features but judges no labels", async () => {
  const other = await classifierExtractor(join(root, "judge"), { ...dataset, classNames: ["a", "b"] });
  const { features, logits } = await other.extract(toFloat(dataset.test, [0]), 1);
  await other.release();
  expect(features).toHaveLength(12);
  expect(logits).toBeNull();
});
