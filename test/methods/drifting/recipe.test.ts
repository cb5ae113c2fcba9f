import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type DriftingSettings, forData, presets } from "../../../src/methods/drifting/settings.js";
import { trainDrifting } from "../../../src/methods/drifting/train.js";
import { loadModel } from "../../../src/methods/load.js";
import type { ImageGenerator } from "../../../src/models/generator.js";
import { colours, meanColours, shapes } from "../pictures.js";

const micro: DriftingSettings = {
  ...presets.tiny,
  features: { task: "mae+classifier", width: 8, blocks: [1, 1], stemStride: 2, batch: 16, steps: 6, lr: 2e-3 },
  autoencoder: {
    latent: 6,
    encoder: [8, 8],
    hidden: 32,
    decoder: [8, 8, 4],
    batch: 16,
    steps: 8,
    warmSteps: 4,
    perceptual: 0.1,
    latentNoise: 0.05,
    lr: 2e-3,
  },
  generator: { hidden: 32, blocks: 1, condition: 16, styles: { count: 2, size: 4 } },
  latentStage: { samples: 16, groups: 10, steps: 8, lr: 1e-3, emaDecay: 0.9 },
  jointStage: { samples: 16, groups: 10, steps: 5, lr: 5e-4, emaDecay: 0.9 },
  guidance: { power: 3, max: 4, none: 0.5, unconditional: 8 },
};

const folder = mkdtempSync(join(tmpdir(), "drifting-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const weights = (run: string) => readFileSync(join(folder, run, "model", "model.safetensors"));
const quiet = { threads: 1, sampleEvery: 0, onProgress: () => {} };

let model: ImageGenerator;
beforeAll(async () => {
  const result = await trainDrifting(shapes(), micro, { out: join(folder, "run"), ...quiet });
  expect(result.status).toBe("finished");
  model = await loadModel(join(folder, "run"), { kind: "image" });
});
afterAll(() => model.release());

describe("the image recipe", () => {
  test("leaves a model, a log, a sheet of samples and a report", () => {
    for (const file of ["model/config.json", "model/model.safetensors", "metrics.jsonl", "report.html", "config.json"])
      expect(existsSync(join(folder, "run", file)), file).toBe(true);
    const rows = readFileSync(join(folder, "run", "metrics.jsonl"), "utf8")
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(new Set(rows.map((r) => r.stage))).toEqual(new Set(["mae", "features", "autoencoder", "latent", "joint"]));
    expect(rows.filter((r) => r.stage === "joint").every((r) => r.loss > 0 && r.scale > 0)).toBe(true);
  });

  test("without a feature network there are no stages of one, and guidance is no option of the model", async () => {
    const autoencoder = { ...micro.autoencoder, perceptual: 0, warmSteps: 0 };
    const config = { ...micro, autoencoder, features: null, guidance: null };
    const useless = trainDrifting(shapes(), { ...micro, features: null }, { out: join(folder, "useless"), ...quiet });
    await expect(useless).rejects.toThrow("autoencoder.perceptual is 0.1 (without a feature network it has no effect");
    const { status } = await trainDrifting(shapes(), config, { out: join(folder, "pixels"), ...quiet });
    expect(status).toBe("finished");
    const stages = readFileSync(join(folder, "pixels", "metrics.jsonl"), "utf8").matchAll(/"stage":"(\w+)"/g);
    expect([...new Set(Array.from(stages, ([, name]) => name))]).toEqual(["autoencoder", "latent", "joint"]);
    const plain = await loadModel(join(folder, "pixels"), { kind: "image" });
    expect(plain.options.shape).not.toHaveProperty("guidance");
    expect((await plain.sample({ count: 2 })).count).toBe(2);
    await plain.release();
  });

  test("the preset for pages has no feature network, and fits itself to colour", () => {
    const { page } = presets;
    expect(forData(page, { channels: 1 })).toEqual(page);
    const { autoencoder, ...rest } = forData(page, { channels: 3 });
    expect({ ...rest, autoencoder: page.autoencoder }).toEqual(page);
    expect(autoencoder.latent).toBeGreaterThan(page.autoencoder.latent);
    expect(autoencoder.steps).toBe(page.autoencoder.steps);
  });

  test("every stage does its work: pictures of a class have its colour, as bright as the data's", async () => {
    const out = join(folder, "colours");
    const config: DriftingSettings = {
      ...micro,
      features: { ...micro.features!, task: "classifier", width: 4, blocks: [1], steps: 60, lr: 1e-2 },
      autoencoder: { ...micro.autoencoder, latent: 4, batch: 32, steps: 200, warmSteps: 100, lr: 5e-3 },
      generator: { ...micro.generator, hidden: 64 },
      latentStage: { samples: 32, groups: 10, steps: 600, lr: 5e-3, emaDecay: 0.9 },
      jointStage: { samples: 8, groups: 10, steps: 15, lr: 1e-3, emaDecay: 0.9 },
    };
    await trainDrifting(colours(), config, { out, ...quiet });
    const rows = readFileSync(join(out, "metrics.jsonl"), "utf8")
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    const last = (stage: string) => rows.findLast((row) => row.stage === stage);
    expect(last("features").loss).toBeLessThan(0.7); // ln 3 at the beginning
    expect(last("autoencoder").mse).toBeLessThan(0.02);
    const drawn = await loadModel(out, { kind: "image" });
    for (const [k, label] of ["red", "green", "blue"].entries()) {
      const means = meanColours(await drawn.sample({ count: 16, label, seed: 4 }));
      for (const [i, mean] of means.entries())
        expect(mean.indexOf(Math.max(...mean)), `${label}, image ${i}: ${mean}`).toBe(k);
      // Bytes of 210 on average in the class's channel, 30 in the others
      for (const c of [0, 1, 2]) {
        const average = means.reduce((sum, mean) => sum + mean[c], 0) / means.length;
        expect(Math.abs(average - ((c === k ? 210 : 30) / 127.5 - 1)), `${label}, channel ${c}`).toBeLessThan(0.25);
      }
    }
    await drawn.release();
  });

  test("stopped in every stage and resumed, it ends with the same bits", async () => {
    const out = join(folder, "stopped");
    for (let run = 0; ; run++) {
      const controller = new AbortController();
      let steps = 0;
      const result = await trainDrifting(shapes(), micro, {
        out,
        ...quiet,
        resume: run > 0,
        signal: controller.signal,
        onProgress: (event) => {
          if (event.type === "step" && ++steps === 11) controller.abort();
        },
      });
      if (result.status === "finished") break;
      expect(run).toBeLessThan(6);
    }
    expect(weights("stopped").equals(weights("run"))).toBe(true);
  });

  test("works without labels: one group, features from masked auto-encoding", async () => {
    const out = join(folder, "unlabelled");
    await trainDrifting(shapes({ labelled: false, channels: 3 }), micro, { out, ...quiet });
    const plain = await loadModel(out, { kind: "image" });
    const images = await plain.sample({ count: 3 });
    expect(images.shape).toEqual([3, 3, 16, 16]);
    expect(images.labels).toBeNull();
    await expect(plain.sample({ label: "disc" })).rejects.toThrow(/takes no "label"; it takes count, style, seed/);
    await plain.release();
  });
});

describe("a drifting model", () => {
  test("draws in one evaluation, the same for the same seed, different for another", async () => {
    const [a, b, c] = [
      await model.sample({ count: 4, seed: 1 }),
      await model.sample({ count: 4, seed: 1 }),
      await model.sample({ count: 4, seed: 2 }),
    ];
    expect(model.cost()).toBe(1);
    expect(a.shape).toEqual([4, 1, 16, 16]);
    expect(a.pixels).toEqual(b.pixels);
    expect(a.pixels).not.toEqual(c.pixels);
    expect(a.pixels.every((x) => x >= -1 && x <= 1)).toBe(true);
    expect([...a.labels!]).toEqual([0, 1, 0, 1]);
  });

  test("a sample does not depend on how many are drawn beside it", async () => {
    const [one, many] = [
      await model.sample({ count: 1, seed: 3, label: 0 }),
      await model.sample({ count: 70, seed: 3, label: 0 }),
    ];
    for (let i = 0; i < one.pixels.length; i++) expect(many.pixels[i]).toBeCloseTo(one.pixels[i], 4);
  });

  test("noise, style, label and guidance are inputs", async () => {
    const noise = new Float32Array(6).fill(0.3);
    const draw = async (options: object, context = { noise }) =>
      (await model.sample({ style: [0, 0], label: "disc", ...options }, context)).pixels;
    const base = await draw({});
    expect(await draw({ seed: 99 })).toEqual(base);
    for (const change of [{ style: [3, 1] }, { label: "cross" }, { guidance: 3 }])
      expect(await draw(change), JSON.stringify(change)).not.toEqual(base);
    expect(await draw({}, { noise: new Float32Array(6) })).not.toEqual(base);
  });

  test.each([
    [{ count: 0 }, /count must be a whole number of at least 1, got 0/],
    [{ guidance: 0.5 }, /guidance must be a number in \[1, 4\], got 0\.5/],
    [{ label: "square" }, /no class "square".*disc.*cross/],
    [{ count: 2, label: ["disc"] }, /1 label for 2/],
    [{ style: [0, 4] }, /style must be a list of 2 whole numbers in \[0, 3\], got \[0,4\]/],
  ])("refuses %o", async (options, message) => {
    await expect(model.sample(options)).rejects.toThrow(message);
  });

  test.each([
    [new Float32Array(5), /1 × 6 numbers, got 5/],
    [new Float32Array(6).fill(Number.NaN), /finite, got NaN/],
  ])("refuses the noise %o", async (noise, message) => {
    await expect(model.sample({}, { noise })).rejects.toThrow(message);
  });
});
