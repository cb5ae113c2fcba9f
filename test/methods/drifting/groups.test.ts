import { describe, expect, test } from "vitest";
import type { ImageDataset } from "../../../src/data/index.js";
import { GroupDraw } from "../../../src/methods/drifting/groups.js";
import { type DriftingSettings, presets } from "../../../src/methods/drifting/settings.js";
import { Random } from "../../../src/random/index.js";

const CLASSES = 4;
const COUNT = 60;
const dataset: ImageDataset = {
  id: "numbers",
  kind: "images",
  height: 1,
  width: 1,
  channels: 1,
  classNames: ["a", "b", "c", "d"],
  train: {
    count: COUNT,
    pixels: Uint8Array.from({ length: COUNT }, (_, i) => i),
    labels: Uint16Array.from({ length: COUNT }, (_, i) => (7 * i) % CLASSES),
    channels: 1,
  },
  test: { count: 1, pixels: new Uint8Array(1), labels: null, channels: 1 },
  licence: "none",
  attribution: "none",
};
const unlabelled: ImageDataset = { ...dataset, classNames: null, train: { ...dataset.train, labels: null } };
const config: DriftingSettings = {
  ...presets.tiny,
  autoencoder: { ...presets.tiny.autoencoder, latent: 3 },
  generator: { ...presets.tiny.generator, styles: { count: 2, size: 5 } },
  guidance: { power: 3, max: 4, none: 0.25, unconditional: 12 },
};
const SAMPLES = 9;
const draws = (groups: number, times: number, data = dataset, settings = config) => {
  const draw = new GroupDraw({ dataset: data, config: settings }, SAMPLES, groups, new Random(3, "groups"));
  return { draw, all: Array.from({ length: times }, () => draw.next()) };
};
const tally = (values: Iterable<number>, size: number) => {
  const counts = new Array<number>(size).fill(0);
  for (const value of values) counts[value]++;
  return counts;
};
const mean = (values: number[]) => values.reduce((a, b) => a + b) / values.length;

describe("the groups of a step", () => {
  test("have different classes, each as often as any; all of them where there is room", () => {
    const { all } = draws(3, 800);
    for (const { label } of all) expect(new Set(label).size).toBe(3);
    for (const count of tally(
      all.flatMap(({ label }) => [...label]),
      CLASSES,
    ))
      expect(Math.abs(count - 600)).toBeLessThan(60);
    for (const { label } of draws(10, 3).all) expect([...label]).toEqual([0, 1, 2, 3]);
  });

  test("leave out classes that have no images, in part or in full", () => {
    const labels = dataset.train.labels!.map((label) => (label === 1 ? 3 : label));
    const sparse = { ...dataset, train: { ...dataset.train, labels } };
    for (const { label, positives } of draws(10, 3, sparse).all) {
      expect([...label]).toEqual([0, 2, 3]);
      expect(Array.from(positives, (i) => labels[i])).toEqual([0, 2, 3].flatMap((c) => Array(SAMPLES).fill(c)));
    }
    const seen = new Set(draws(2, 50, sparse).all.flatMap(({ label }) => [...label]));
    expect([...seen].sort()).toEqual([0, 2, 3]);
  });

  test("have positives of their own class, every image of it in turn", () => {
    const { all } = draws(3, 20);
    for (const { label, positives } of all) {
      expect(positives.length).toBe(3 * SAMPLES);
      for (const [i, image] of positives.entries())
        expect(dataset.train.labels![image], `positive ${i}`).toBe(label[Math.floor(i / SAMPLES)]);
    }
    // 15 images a class: five steps of nine are three rounds
    const rounds = draws(CLASSES, 5).all.flatMap(({ positives }) => [...positives]);
    expect(tally(rounds, COUNT)).toEqual(new Array(COUNT).fill(3));
  });

  test("share unconditional negatives from all images, every one in turn", () => {
    const { draw, all } = draws(2, 10);
    expect(draw.unconditional).toBe(12);
    expect(all.every(({ others }) => others.length === 12)).toBe(true);
    expect(
      tally(
        all.flatMap(({ others }) => [...others]),
        COUNT,
      ),
    ).toEqual(new Array(COUNT).fill(2));
  });

  test("draw α by the power law, one a group, and weigh the negatives with (α − 1)(G − 1)/U", () => {
    const { all } = draws(4, 3000);
    const alphas = all.flatMap(({ guidance }) => [...guidance]);
    const above = alphas.filter((alpha) => alpha > 1);
    expect(1 - above.length / alphas.length).toBeCloseTo(0.25, 1);
    expect(Math.max(...alphas)).toBeLessThanOrEqual(4);
    expect(Math.abs(mean(above) - 1.6)).toBeLessThan(0.03); // oracle 13: power 3 on [1, 4]
    for (const { guidance, weight } of all)
      for (const [g, alpha] of guidance.entries()) expect(weight[g]).toBeCloseTo(((alpha - 1) * 8) / 12, 5);
  });

  test("draw Gaussian noise, and style tokens that stay in their own tables", () => {
    const { all } = draws(4, 200);
    const noise = all.flatMap(({ noise }) => [...noise]);
    expect(noise.length).toBe(200 * 4 * SAMPLES * 3);
    expect(Math.abs(mean(noise))).toBeLessThan(0.03);
    expect(Math.abs(mean(noise.map((v) => v * v)) - 1)).toBeLessThan(0.03);
    for (const k of [0, 1]) {
      const tokens = all.flatMap(({ style }) => [...style].filter((_, i) => i % 2 === k));
      expect(new Set(tokens)).toEqual(new Set(Array.from({ length: 5 }, (_, v) => 5 * k + v)));
    }
  });

  test.each([
    ["without labels one group of everything", unlabelled, config, 1],
    ["without guidance the same groups", dataset, { ...config, guidance: null }, 3],
  ] as const)("%s, no negatives, α 1", (_, data, settings, groups) => {
    const { draw, all } = draws(3, 20, data, settings);
    expect([draw.groups, draw.unconditional]).toEqual([groups, 0]);
    for (const { guidance, weight, others } of all) {
      expect([...guidance]).toEqual(new Array(groups).fill(1));
      expect([...weight]).toEqual(new Array(groups).fill(0));
      expect(others.length).toBe(0);
    }
    const images = all.flatMap(({ positives }) => [...positives]);
    if (groups === 1) expect(tally(images, COUNT)).toEqual(new Array(COUNT).fill(3));
  });
});
