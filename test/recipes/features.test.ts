import { expect, test } from "vitest";
import { classifier, type FeatureNetConfig } from "../../src/networks/feature-net.js";
import * as nn from "../../src/nn/index.js";
import { featureStages } from "../../src/recipes/features.js";
import { featureStageName } from "../../src/recipes/reuse.js";
import { shapes } from "../methods/pictures.js";

const shape: FeatureNetConfig = { channels: 1, width: 8, blocks: [1], stemStride: 2 };
const two = shapes({ count: 16 });
const one = { ...two, classNames: ["all"], train: { ...two.train, labels: new Uint16Array(16) } };
const none = shapes({ count: 16, labelled: false });

test.each([
  ["two classes", two, "classifier", ["features"]],
  ["two classes", two, "mae+classifier", ["mae", "features"]],
  ["a single class, which no classifier learns from", one, "classifier", ["mae"]],
  ["a single class, which no classifier learns from", one, "mae+classifier", ["mae"]],
  ["no classes", none, "classifier", ["mae"]],
] as const)("the stages of features, of %s (%#)", (_what, dataset, task, names) => {
  const network = classifier(shape, 2);
  nn.initialize(network, 1);
  const options = { task, batch: 4, steps: 2, lr: 1e-3, seed: 0, device: "cpu" } as const;
  const stages = featureStages(dataset, shape, network, options).map((begin) => begin().name);
  expect(stages).toEqual(names);
  expect(featureStageName(task, dataset)).toBe(names.at(-1));
});
