import { expect, test } from "vitest";
import { type DiscreteSettings, discreteSettings, presets } from "../../../src/methods/discrete/settings.js";
import { discreteShape, shapes } from "../../../src/methods/discrete/shape.js";
import { curriculumSteps } from "../../../src/methods/discrete/stages.js";

test("presets and shapes are valid as they stand", () => {
  for (const preset of Object.values(presets)) expect(discreteSettings.parse(preset)).toEqual(preset);
  for (const shape of Object.values(shapes)) {
    expect(discreteShape.parse(shape)).toEqual(shape);
    expect(discreteShape.parse({ ...shape, process: "masked" }).process).toBe("masked");
  }
});

test("a shape's defaults", () => {
  const shape = discreteShape.parse({
    process: "masked",
    vocabulary: 2,
    length: 1,
    network: { width: 8, heads: 2, blocks: 1 },
  });
  expect(shape).toEqual({
    process: "masked",
    schedule: "log-linear",
    vocabulary: 2,
    length: 1,
    classes: 0,
    network: { kind: "transformer", width: 8, heads: 2, blocks: 1, condition: 128, tied: false },
  });
  const pixels = { ...shape, length: 64, image: { height: 8, width: 8, channels: 1 } };
  expect(discreteShape.parse({ ...pixels, network: { kind: "unet", hidden: 16, blocks: 1 } }).network).toEqual({
    kind: "unet",
    hidden: 16,
    blocks: 1,
    condition: 128,
  });
});

test("bad shapes are refused", () => {
  const shape = shapes.tiny;
  const bad = (change: object) =>
    expect(discreteShape.safeParse({ ...shape, ...change }).success, JSON.stringify(change));
  bad({ network: { ...shape.network, width: 130 } }).toBe(false);
  bad({ network: { ...shape.network, width: 12, heads: 4 } }).toBe(false); // 3 channels a head: rotations need pairs
  bad({ network: { ...shape.network, width: 0 } }).toBe(false);
  bad({ network: { kind: "unet", blocks: 2 } }).toBe(false);
  bad({ network: { kind: "mlp" } }).toBe(false);
  bad({ process: "absorbing" }).toBe(false);
  bad({ schedule: "linear" }).toBe(false);
  bad({ vocabulary: 1 }).toBe(false);
  bad({ length: 0 }).toBe(false);
  bad({ length: 2.5 }).toBe(false);
  bad({ classes: -1 }).toBe(false);
  bad({ image: { height: 8, width: 8, channels: 2 } }).toBe(false);
  const { error } = discreteShape.safeParse({ ...shape, network: { ...shape.network, width: 130 } });
  expect(error?.message).toContain("heads must divide width into an even number");
});

test("bad settings are refused", () => {
  const bad = (change: object) =>
    expect(discreteSettings.safeParse({ ...presets.tiny, ...change }).success, JSON.stringify(change));
  const { curriculum, distillation, training } = presets.tiny;
  bad({}).toBe(true);
  bad({ tokens: { kind: "words" } }).toBe(false);
  bad({ tokens: { kind: "bpe" } }).toBe(false);
  bad({ tokens: { kind: "pixels", levels: 257 } }).toBe(false);
  bad({ curriculum: { ...curriculum, k: 1 } }).toBe(false);
  bad({ curriculum: { ...curriculum, tau: 0 } }).toBe(false);
  bad({ curriculum: { ...curriculum, share: 1.1 } }).toBe(false);
  bad({ curriculum: { ...curriculum, kind: "gaussian" } }).toBe(false);
  bad({ distillation: { ...distillation, delta: 0 } }).toBe(false);
  bad({ distillation: { ...distillation, rounds: -1 } }).toBe(false);
  bad({ training: { ...training, emaDecay: 1 } }).toBe(false);
  bad({ training: { ...training, lr: Number.NaN } }).toBe(false);
  bad({ training: { ...training, labelDropout: -0.1 } }).toBe(false);
  bad({ seed: 0.5 }).toBe(false);
});

test("the curriculum is for uniform noise on text", () => {
  const steps = (change: Partial<DiscreteSettings>) => curriculumSteps({ ...presets.tiny, ...change });
  const { curriculum, training } = presets.tiny;
  expect(steps({})).toBe(training.steps / 2);
  expect(steps({ curriculum: { ...curriculum, share: 1 } })).toBe(training.steps);
  expect(steps({ process: "masked" })).toBe(0);
  expect(steps({ tokens: { kind: "pixels", levels: 2 } })).toBe(0);
  expect(steps({ curriculum: { ...curriculum, kind: "none" } })).toBe(0);
});
