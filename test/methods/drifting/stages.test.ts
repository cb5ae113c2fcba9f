import { describe, expect, test } from "vitest";
import type { ImageDataset } from "../../../src/data/index.js";
import { GroupDraw } from "../../../src/methods/drifting/groups.js";
import { type GeneratorInputs, imageGenerator } from "../../../src/methods/drifting/network.js";
import { networkConfig } from "../../../src/methods/drifting/recipe.js";
import {
  type DriftingSettings,
  driftingSettings,
  idleSettings,
  presets,
} from "../../../src/methods/drifting/settings.js";
import { jointDriftStage, latentDriftStage } from "../../../src/methods/drifting/stages.js";
import { featureNet } from "../../../src/networks/feature-net.js";
import * as nn from "../../../src/nn/index.js";
import { Random } from "../../../src/random/index.js";
import type { Latents } from "../../../src/recipes/autoencoder.js";
import { imageFamilies } from "../../../src/recipes/drift/image-objective.js";
import { compile, type InputSpec } from "../../../src/runtime/index.js";
import { concat, constant, grad, type Tensor } from "../../../src/tensor/index.js";
import { shapes } from "../pictures.js";
import { close, flat } from "./helpers.js";
import { imageDrift64, normalizedDrift64, type Vectors } from "./reference.js";

const LATENT = 3;
const SIDE = 12;
const config: DriftingSettings = {
  ...presets.tiny,
  seed: 5,
  features: { ...presets.tiny.features, width: 8, blocks: [1, 1] },
  autoencoder: { ...presets.tiny.autoencoder, latent: LATENT, encoder: [4, 4], hidden: 16, decoder: [4, 4, 4] },
  generator: { hidden: 16, blocks: 1, condition: 16, styles: { count: 2, size: 4 } },
  latentStage: { samples: 6, groups: 10, steps: 10, lr: 1e-3, emaDecay: 0.9 },
  jointStage: { samples: 5, groups: 10, steps: 10, lr: 1e-3, emaDecay: 0.9 },
  guidance: { power: 1, max: 4, none: 0, unconditional: 7 },
};
/** As many classes as colours, so that the classes' order in a step is drawn where `groups` is smaller. */
const dataset: ImageDataset = (() => {
  const { train, ...rest } = shapes({ count: 60, size: SIDE });
  return {
    ...rest,
    classNames: ["a", "b", "c"],
    train: { ...train, labels: Uint16Array.from({ length: 60 }, (_, i) => (7 * i) % 3) },
  };
})();
const random = new Random(31, "stages");
const latents: Latents = {
  values: random.normals(60 * LATENT),
  mean: Float32Array.of(0.5, -2, 7),
  deviation: Float32Array.of(3, 0.25, 1.5),
  rows: (indices) =>
    Float32Array.from(
      { length: indices.length * LATENT },
      (_, i) => latents.values.at(indices[Math.floor(i / LATENT)] * LATENT + (i % LATENT))!,
    ),
};
const rowsOf = (indices: ArrayLike<number>) => {
  const all = latents.rows(indices);
  return Array.from(indices, (_, i) => [...all.subarray(i * LATENT, (i + 1) * LATENT)]);
};
const chunks = <T>(all: ArrayLike<T>, size: number): T[][] =>
  Array.from({ length: all.length / size }, (_, i) => Array.from({ length: size }, (_, j) => all[i * size + j]));

const untrained = (data: ImageDataset, settings: DriftingSettings) => {
  const { generator: shape, features: featureShape } = networkConfig(data, settings);
  const [generator, features] = [imageGenerator(shape), featureNet(featureShape!)];
  // Initial weights hardly heed their conditions; these do
  for (const { name, parameter } of nn.initialize(generator, 1).entries)
    if (/conditioning|modulation|style/.test(name)) parameter.value!.set(parameter.value!.map((v) => 4 * v));
  nn.initialize(features, 2);
  return { generator, features };
};

/** The inputs of a generator for the draws of a step. */
const specs = (drawn: ReturnType<GroupDraw["next"]>, samples: number, guided: boolean) => {
  const groups = drawn.label.length;
  return {
    noise: [groups, samples, LATENT],
    label: { shape: [groups], dtype: "int32" as const },
    guidance: guided && [groups],
    style: { shape: [groups, samples, 2], dtype: "int32" as const },
  };
};

/** A step's figures against those of the formula. */
function agree(
  step: Record<string, number>,
  { loss, scale, power }: { loss: number; scale: number; power: number[] },
  norm: number,
): void {
  const wanted: Record<string, number> = {
    loss,
    scale,
    norm,
    ...Object.fromEntries(power.map((p, i) => [`power${i}`, p])),
  };
  expect(Object.keys(step).sort()).toEqual(Object.keys(wanted).sort());
  for (const [name, value] of Object.entries(wanted)) expect(step[name] / value, name).toBeCloseTo(1, 3);
}
const normOf = (gradients: Float32Array) => Math.sqrt(gradients.reduce((sum, v) => sum + v * v, 0));

const variants: [string, Partial<DriftingSettings>, number, ImageDataset][] = [
  ["all classes, guided", {}, 10, dataset],
  ["two of three classes, guided", {}, 2, dataset],
  ["without guidance", { guidance: null }, 2, dataset],
  ["pictures moved by a pixel", { drift: { ...config.drift, shifts: true } }, 2, dataset],
  ["without labels", {}, 10, { ...dataset, classNames: null, train: { ...dataset.train, labels: null } }],
];

describe("the first step has the loss and gradient of the paper's formula", () => {
  test.each(variants)("in latent space: %s", async (_, change, groups, data) => {
    const settings = { ...config, ...change, latentStage: { ...config.latentStage, groups } };
    const { samples } = settings.latentStage;
    const { generator } = untrained(data, settings);
    const { generator: inner } = generator;
    const draw = new GroupDraw({ dataset: data, config: settings }, samples, groups, new Random(5, "latent"));
    const drawn = draw.next();
    const guided = draw.unconditional > 0;
    const cotangent = [drawn.label.length, samples, LATENT];
    const forward = compile(
      { ...specs(drawn, samples, guided), cotangent },
      ({ cotangent, ...inputs }) => {
        const gen = inner(inputs as unknown as GeneratorInputs);
        return { gen, gradients: grad(gen.mul(cotangent).sum(), inner.parameters) };
      },
      { threads: 1 },
    );
    const { noise, label, guidance, style } = drawn;
    const feeds = { noise, label, guidance, style };
    const { gen } = await forward.run({ ...feeds, cotangent: new Float32Array(drawn.noise.length) });
    const wanted = normalizedDrift64(
      chunks(chunks(gen, LATENT), samples),
      chunks(rowsOf(drawn.positives), samples),
      guided ? { samples: Array.from(drawn.label, () => rowsOf(drawn.others)), weights: drawn.weight } : null,
    );
    const { gradients } = await forward.run({ ...feeds, cotangent: flat(wanted.gradient) });
    const norm = normOf(gradients);
    await forward.release();

    const stage = latentDriftStage({ dataset: data, config: settings, generator, threads: 1 }, latents);
    const step = await stage.step(0);
    await stage.finish!();
    agree(step, wanted, norm);
  });

  test.each(variants)("in pixels and features: %s", async (_, change, groups, data) => {
    const settings = { ...config, ...change, jointStage: { ...config.jointStage, groups } };
    const { samples } = settings.jointStage;
    const { generator, features } = untrained(data, settings);
    const draw = new GroupDraw({ dataset: data, config: settings }, samples, groups, new Random(5, "joint"));
    const drawn = draw.next();
    const guided = draw.unconditional > 0;
    const real = Float32Array.from(
      [...drawn.positives, ...drawn.others].flatMap((image) =>
        [...data.train.pixels.subarray(image * SIDE ** 2, (image + 1) * SIDE ** 2)].map((byte) => byte / 127.5 - 1),
      ),
    );
    const { shifts } = settings.drift;
    // At the second corner: without the first column, the last one twice
    const familiesOf = (images: Tensor) =>
      imageFamilies(features)(shifts ? concat([images.slice(3, 1), images.slice(3, -1)], 3) : images);
    const shape = familiesOf(constant(new Float32Array(SIDE ** 2), [1, 1, SIDE, SIDE])).map(
      ({ vectors }) => vectors.shape,
    );
    const [made, count] = [drawn.label.length * samples, real.length / SIDE ** 2];
    const forward = compile(
      {
        ...specs(drawn, samples, guided),
        real: [count, 1, SIDE, SIDE],
        ...Object.fromEntries(shape.map(([, places, size], i) => [`cotangent${i}`, [made, places, size]])),
      } as Record<string, InputSpec>,
      ({ real, ...inputs }) => {
        const gen = familiesOf(generator(inputs as unknown as GeneratorInputs));
        const along = gen.map(({ vectors }, i) => vectors.mul(inputs[`cotangent${i}`]).sum());
        return {
          ...Object.fromEntries(gen.map(({ vectors }, i) => [`gen${i}`, vectors])),
          ...Object.fromEntries(familiesOf(real).map(({ vectors }, i) => [`real${i}`, vectors])),
          gradients: grad(
            along.reduce((a, b) => a.add(b)),
            generator.parameters,
          ),
        };
      },
      { threads: 1 },
    );
    const { noise, label, guidance, style } = drawn;
    const feeds = (cotangents: (number[] | Float32Array)[]) => ({
      noise,
      label,
      guidance,
      style,
      real,
      ...Object.fromEntries(cotangents.map((values, i) => [`cotangent${i}`, values])),
    });
    const out: Record<string, Float32Array> = await forward.run(
      feeds(shape.map(([, places, size]) => new Float32Array(made * places * size))),
    );
    const vectors = (name: string): Vectors[] =>
      shape.map(([, places, size], i) => chunks(chunks(out[`${name}${i}`], size), places));
    const split = drawn.positives.length;
    const wanted = imageDrift64(
      vectors("gen"),
      vectors("real").map((family) => family.slice(0, split)),
      guided ? { families: vectors("real").map((family) => family.slice(split)), weights: drawn.weight } : null,
      drawn.label.length,
    );
    const norm = normOf((await forward.run(feeds(wanted.gradients.map(flat)))).gradients);
    await forward.release();

    const stage = jointDriftStage({ dataset: data, config: settings, generator, threads: 1 }, features);
    const step = await stage.step(Number(shifts));
    await stage.finish!();
    agree(step, wanted, norm);
  });
});

describe("upgrades of the field", () => {
  const changed = (drift: Partial<DriftingSettings["drift"]>, steps = 10): DriftingSettings => ({
    ...config,
    latentStage: { ...config.latentStage, steps },
    drift: { ...config.drift, ...drift },
  });
  /** The first draw of the latent stage, and what the untrained generator makes of it and of its independent negatives. */
  async function drawn(settings: DriftingSettings) {
    const { samples } = settings.latentStage;
    const { generator } = untrained(dataset, settings);
    const draw = new GroupDraw({ dataset, config: settings }, samples, 10, new Random(5, "latent"));
    const { noise, label, guidance, style, otherNoise, otherStyle, positives, others, weight } = draw.next();
    const forward = compile(
      specs({ label } as ReturnType<GroupDraw["next"]>, samples, true),
      (inputs) => ({ gen: generator.generator(inputs as unknown as GeneratorInputs) }),
      { threads: 1 },
    );
    const made = async (noise: Float32Array, style: Int32Array) =>
      chunks(chunks((await forward.run({ noise, label, guidance, style })).gen.slice(), LATENT), samples);
    const gen = await made(noise, style);
    const independent = otherNoise ? await made(otherNoise, otherStyle!) : null;
    await forward.release();
    return {
      generator,
      gen,
      independent,
      positives: chunks(rowsOf(positives), samples),
      negatives: { samples: Array.from(label, () => rowsOf(others)), weights: weight },
    };
  }

  test("independent negatives have the same conditions and other noise", async () => {
    const settings = changed({ negatives: "independent" });
    const { generator, gen, independent, positives, negatives } = await drawn(settings);
    const wanted = normalizedDrift64(gen, positives, negatives, { independent });
    const stage = latentDriftStage({ dataset, config: settings, generator, threads: 1 }, latents);
    const step = await stage.step(0);
    await stage.finish!();
    expect(step.loss / wanted.loss).toBeCloseTo(1, 3);
    for (const [i, power] of wanted.power.entries()) expect(step[`power${i}`] / power).toBeCloseTo(1, 3);
  });

  test("annealed widths fall from five times as much over half of the latent stage", async () => {
    const { generator, gen, positives, negatives } = await drawn(changed({}));
    const scaled = (by: number) => [0.02, 0.05, 0.2].map((t) => t * by);
    const settings = changed({ widths: "annealed" }, 10);
    for (const [k, factor] of [
      [0, 5],
      [3, 5 ** 0.4],
      [5, 1],
      [9, 1],
    ]) {
      const fresh = latentDriftStage({ dataset, config: settings, generator, threads: 1 }, latents);
      const wanted = normalizedDrift64(gen, positives, negatives, { temperatures: scaled(factor) });
      const weights = nn.weightsOf(generator);
      const step = await fresh.step(k);
      await fresh.finish!();
      nn.assign(generator, weights);
      expect(step.loss / wanted.loss, `step ${k}`).toBeCloseTo(1, 3);
    }
  });

  test.each(["latent", "joint"] as const)(
    "a learned width moves in the %s stage, and the generator with it",
    async (which) => {
      const settings = changed({ widths: "learned" });
      const { generator, features } = untrained(dataset, settings);
      const context = { dataset, config: settings, generator, threads: 1 };
      const before = nn.weightsOf(generator);
      const stage = which === "latent" ? latentDriftStage(context, latents) : jointDriftStage(context, features);
      const widths = [];
      for (let k = 0; k < 10; k++) widths.push((await stage.step(k)).temperature);
      await stage.finish!();
      expect(widths[0]).toBe(1);
      // Untrained samples are nearer to each other than to the data, so that it grows; its logarithm by up to 0.01 in a step
      expect(widths[9]).toBeGreaterThan(1.03);
      expect(widths[9]).toBeLessThan(1.11);
      const after = nn.weightsOf(generator);
      const moved = Object.keys(before).filter((name) => before[name].data.some((v, i) => v !== after[name].data[i]));
      expect(moved.some((name) => name.startsWith("generator."))).toBe(true);
      expect(moved.some((name) => name.startsWith("decode."))).toBe(which === "joint");
      expect(Object.keys(after)).toEqual(Object.keys(before)); // the width is no part of the model
    },
  );

  test("what needs another setting, and what has no effect beside another, is refused", () => {
    const wrong = (drift: Partial<DriftingSettings["drift"]>) => () => driftingSettings.parse(changed(drift));
    expect(wrong({ latentField: "transport" })).toThrow(/independent/);
    expect(wrong({ latentField: "transport", negatives: "independent", widths: "learned" })).toThrow(/softmax/);
    expect(wrong({ latentField: "transport", negatives: "independent" })).not.toThrow();
    expect(idleSettings(changed({ widths: "learned" }), false)).toContain("drift.temperatures");
    expect(idleSettings(changed({}), false)).not.toContain("drift.temperatures");
    expect(idleSettings(changed({ widths: "annealed" }), true)).toContain("drift.widths");
    expect(idleSettings(changed({}), true)).toContain("drift.latentField");
  });
});

test("the generator's latent vectors are put back to the autoencoder's scale: deviation times z, plus mean", async () => {
  const { generator } = untrained(dataset, config);
  await latentDriftStage({ dataset, config, generator, threads: 1 }, latents).finish!();
  const z = random.normals(4 * LATENT);
  const inputs = { noise: [2, 2, LATENT], label: { shape: [2], dtype: "int32" as const }, latents: [4, LATENT] };
  const program = compile(
    inputs,
    ({ latents, ...given }) => ({
      z: generator.generator(given),
      images: generator(given),
      decoded: generator.decode(latents),
    }),
    { threads: 1 },
  );
  const feeds = { noise: z, label: [2, 0] };
  const first = await program.run({ ...feeds, latents: z });
  const scaled = first.z.map((v, i) => v * latents.deviation[i % LATENT] + latents.mean[i % LATENT]);
  const { decoded } = await program.run({ ...feeds, latents: scaled });
  close(first.images, [...decoded], 1e-5);
  await program.release();
});

test("22. guidance: trained by the stage, one network sharpens its class as α grows", async () => {
  // Latent vectors of two classes, N((∓1, 0), 0.3²)
  const count = 2000;
  const centre = (i: number) => (i % 2 === 0 ? -1 : 1);
  const values = Float32Array.from(
    { length: 2 * count },
    (_, j) => 0.3 * random.normal() + (j % 2 === 0 ? centre(Math.floor(j / 2)) : 0),
  );
  const two: ImageDataset = {
    ...shapes({ count: 2, size: SIDE }),
    train: {
      count,
      pixels: new Uint8Array(SIDE ** 2 * count),
      labels: Uint16Array.from({ length: count }, (_, i) => i % 2),
      channels: 1,
    },
  };
  const settings: DriftingSettings = {
    ...config,
    autoencoder: { ...config.autoencoder, latent: 2 },
    generator: { hidden: 64, blocks: 1, condition: 32, styles: { count: 0, size: 1 } },
    latentStage: { samples: 64, groups: 2, steps: 1500, lr: 5e-3, emaDecay: 0.99 },
    guidance: { power: 3, max: 4, none: 0, unconditional: 32 },
  };
  const { generator } = untrained(two, settings);
  const rows = (indices: ArrayLike<number>) =>
    Float32Array.from({ length: 2 * indices.length }, (_, j) => values[2 * indices[j >> 1] + (j & 1)]);
  const plain = { values, mean: new Float32Array(2), deviation: new Float32Array(2).fill(1), rows };
  const stage = latentDriftStage({ dataset: two, config: settings, generator, threads: 1 }, plain);
  for (let k = 0; k < stage.steps; k++) await stage.step(k);
  await stage.finish!();
  const N = 4000;
  const sample = compile(
    { noise: [1, N, 2], label: { shape: [1], dtype: "int32" }, guidance: [1] },
    (inputs) => ({ x: generator.generator(inputs) }),
    { threads: 1 },
  );
  const noise = random.normals(2 * N);
  for (const label of [0, 1]) {
    const deviations: number[] = [];
    for (const guidance of [1, 1.5, 2, 3, 4]) {
      const { x } = await sample.run({ noise, label: [label], guidance });
      const xs = Array.from({ length: N }, (_, i) => x[2 * i] * centre(label));
      const mean = xs.reduce((a, b) => a + b) / N;
      deviations.push(Math.sqrt(xs.reduce((s, v) => s + (v - mean) ** 2, 0) / N));
      expect(xs.filter((v) => v < 0).length / N, `α = ${guidance}: on the wrong side`).toBeLessThan(0.002);
    }
    expect(deviations[0]).toBeGreaterThan(0.26);
    expect(deviations[0]).toBeLessThan(0.34);
    for (let i = 1; i < deviations.length; i++)
      expect(deviations[i], `deviations ${deviations.map((d) => d.toFixed(3))}`).toBeLessThan(deviations[i - 1]);
    expect(deviations[4]).toBeLessThan(0.95 * deviations[0]);
  }
  await sample.release();
});
