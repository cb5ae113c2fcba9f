import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type ImageDataset, resolveDataset } from "../../src/data/index.js";
import { ClassifierModel } from "../../src/judges/classifier/model.js";
import { presets } from "../../src/judges/classifier/settings.js";
import { trainClassifier } from "../../src/judges/classifier/train.js";
import { colours } from "../methods/pictures.js";

const root = mkdtempSync(join(tmpdir(), "fewstep-classifier-"));
const out = join(root, "run");
let dataset: ImageDataset;

beforeAll(async () => {
  dataset = await resolveDataset(fileURLToPath(new URL("../fixtures/fashion-mnist", import.meta.url)));
  const settings = { ...presets.tiny, widths: [8, 16, 16] as [number, number, number], features: 12, batch: 40 };
  await trainClassifier(dataset, { ...settings, steps: 60, lr: 4e-3 }, { out, name: "judge", threads: 1 });
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

test("a short training learns, and the model on disk says how well", async () => {
  const model = await ClassifierModel.load(out);
  expect(model.config).toMatchObject({ method: "classifier", name: "judge", classNames: dataset.classNames });
  const accuracy = await model.accuracy(dataset.test);
  await model.release();
  expect(accuracy).toBeGreaterThan(0.3);
  // stored as float16, measured before that
  expect(Math.abs(accuracy - (model.config.training.testAccuracy as number))).toBeLessThanOrEqual(2 / 80);
});

test("it learns the labels: colours are told apart, each by its class's logit", async () => {
  const data = colours();
  const settings = { ...presets.tiny, widths: [8, 8, 8] as [number, number, number], features: 8, batch: 32 };
  const { metrics } = await trainClassifier(
    data,
    { ...settings, steps: 80, lr: 4e-3 },
    { out: join(root, "colours"), threads: 1, sampleEvery: 0, onProgress: () => {} },
  );
  expect(metrics.loss).toBeLessThan(0.1); // ln 3 at the beginning
  const model = await ClassifierModel.load(join(root, "colours"), { threads: 1 });
  expect(model.config.training.testAccuracy).toBe(1);
  expect(await model.accuracy(data.test)).toBe(1);
  // Labels moved by one class are all wrong
  const moved = { ...data.test, labels: data.test.labels!.map((label) => (label + 1) % 3) };
  expect(await model.accuracy(moved)).toBe(0);
  await model.release();
});

test("features and logits do not depend on the batches that images come in", async () => {
  const model = await ClassifierModel.load(out);
  const all = await model.judgeSplit(dataset.train);
  const some = await model.judgeSplit(dataset.train, [7, 3]);
  await model.release();
  expect(all.features).toHaveLength(200 * 12);
  expect(all.logits).toHaveLength(200 * 10);
  for (let i = 0; i < 12; i++) {
    expect(some.features[i]).toBeCloseTo(all.features[7 * 12 + i], 4);
    expect(some.features[12 + i]).toBeCloseTo(all.features[3 * 12 + i], 4);
  }
});

test("images without classes train no classifier", async () => {
  const unlabelled = { ...dataset, classNames: null, train: { ...dataset.train, labels: null } };
  await expect(trainClassifier(unlabelled, presets.tiny, { out: join(root, "none") })).rejects.toThrow(
    "has no labels; a classifier needs class subfolders",
  );
  const single = { ...dataset, classNames: ["all"], train: { ...dataset.train, labels: new Uint16Array(200) } };
  const alone = trainClassifier(single, presets.tiny, { out: join(root, "none") });
  await expect(alone).rejects.toThrow('has one class, "all": a classifier needs two');
});
