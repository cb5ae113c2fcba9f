import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { toFloat } from "../../../src/data/index.js";
import { evaluateReconstruction, measureReference } from "../../../src/judges/images/index.js";
import { Images } from "../../../src/media/images.js";
import { loadModel } from "../../../src/methods/load.js";
import {
  loadSphere,
  presets,
  SphereModel,
  type SphereSettings,
  trainSphere,
  withoutNoise,
} from "../../../src/methods/sphere/index.js";
import type { ImageGenerator } from "../../../src/models/generator.js";
import { shapes } from "../pictures.js";

const micro: SphereSettings = {
  ...presets.tiny,
  network: {
    kind: "conv",
    latent: 8,
    encoder: [4, 4],
    hidden: 16,
    decoder: [4, 4, 4],
    trunk: 16,
    encoderBlocks: 1,
    decoderBlocks: 1,
    condition: 8,
  },
  features: { task: "classifier", width: 4, blocks: [1, 1], stemStride: 2, batch: 16, steps: 3, lr: 2e-3 },
  training: { ...presets.tiny.training, batch: 16, steps: 8, warmup: 2 },
};

const folder = mkdtempSync(join(tmpdir(), "sphere-"));
const at = (run: string) => join(folder, run);
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const weights = (run: string) => readFileSync(join(folder, run, "model", "model.safetensors"));
const log = (run: string): Record<string, number | string>[] =>
  readFileSync(join(folder, run, "metrics.jsonl"), "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
const losses = (run: string) =>
  log(run)
    .filter((r) => r.stage === "sphere")
    .map((r) => r.loss);
const quiet = { threads: 1, sampleEvery: 0, onProgress: () => {} };

let model: ImageGenerator;
beforeAll(async () => {
  const result = await trainSphere(shapes(), micro, { out: at("run"), ...quiet });
  expect(result.status).toBe("finished");
  model = await loadModel(at("run"), { kind: "image" });
});
afterAll(() => model.release());

test("a run leaves a model that draws, a log with every term, and a report", async () => {
  for (const file of ["model/config.json", "model/model.safetensors", "metrics.jsonl", "report.html", "config.json"])
    expect(existsSync(join(folder, "run", file)), file).toBe(true);
  expect(new Set(log("run").map((r) => r.stage))).toEqual(new Set(["features", "sphere"]));
  for (const row of log("run").filter((r) => r.stage === "sphere")) {
    for (const term of ["reconstruction", "consistency", "latent"]) expect(row[term], term).toBeGreaterThan(0);
    expect(row.uniformity).toBeLessThan(0);
  }
  expect(model).toBeInstanceOf(SphereModel);
  // The automatic angle for 96 images and a latent of 8
  expect((model as unknown as SphereModel).noise).toEqual({ kind: "additive", maxAngle: expect.closeTo(34.4, 0) });
  const images = await model.sample({ count: 4, steps: 2 });
  expect(images.pixels.every((x) => Number.isFinite(x) && Math.abs(x) <= 1)).toBe(true);
});

test("39: the same seed gives the same losses and weights, to the bit; another seed does not", async () => {
  await trainSphere(shapes(), micro, { out: at("again"), ...quiet });
  expect(losses("again")).toEqual(losses("run"));
  expect(weights("again").equals(weights("run"))).toBe(true);
  await trainSphere(shapes(), { ...micro, seed: 1 }, { out: at("other"), ...quiet });
  expect(weights("other").equals(weights("run"))).toBe(false);
});

test("stopped in every stage and resumed, it ends with the same bits", async () => {
  for (let run = 0; ; run++) {
    const controller = new AbortController();
    let steps = 0;
    const result = await trainSphere(shapes(), micro, {
      out: at("stopped"),
      ...quiet,
      resume: run > 0,
      signal: controller.signal,
      onProgress: (event) => {
        if (event.type === "step" && ++steps === 4) controller.abort();
      },
    });
    if (result.status === "finished") break;
    expect(run).toBeLessThan(6);
  }
  expect(weights("stopped").equals(weights("run"))).toBe(true);
});

test("the feature network of another run serves again, and must fit", async () => {
  const config = { ...micro, featuresFrom: at("run") };
  await trainSphere(shapes(), config, { out: at("borrowed"), ...quiet });
  expect(losses("borrowed")).toEqual(losses("run"));
  const wider = { ...config, features: { ...micro.features, width: 8 } };
  await expect(trainSphere(shapes(), wider, { out: at("wider"), ...quiet })).rejects.toThrow(
    /featuresFrom.*another network/,
  );
  expect(existsSync(at("wider"))).toBe(false);
});

describe("variants", () => {
  const variants: Record<string, Partial<SphereSettings>> = {
    pyramid: { perceptual: "pyramid" },
    "no perceptual term": { perceptual: "none" },
    rotation: {
      noise: { kind: "rotation", maxAngle: 80, trainAngle: null, hardCases: "intended" },
      perceptual: "none",
    },
    "cropped features": { perceptualCrop: true },
    "no consistency": { weights: { ...micro.weights, consistency: 0, consistencyPerceptual: 0 }, perceptual: "none" },
    "mirrored, as released": {
      noise: { ...micro.noise, hardCases: "asReleased" },
      training: { ...micro.training, flip: true, encoderLr: 0.1 },
      perceptual: "none",
    },
  };
  test.each(Object.entries(variants))("%s", async (name, change) => {
    await trainSphere(shapes(), { ...micro, ...change }, { out: at(name), ...quiet });
    expect(losses(name).every((x) => Number.isFinite(x as number))).toBe(true);
    if (change.perceptual !== undefined) expect(new Set(log(name).map((r) => r.stage))).toEqual(new Set(["sphere"]));
  });
  test.each([true, false])("transformers (labels: %s)", async (labelled) => {
    const network = { kind: "vit", patch: 4, channels: 2, width: 16, layers: 1, heads: 2, mixer: 1 } as const;
    const options = { head: "conv", encoderHead: "xavier", tokenNorm: true } as const;
    const out = at(`vit ${labelled}`);
    const config = { ...micro, network: { ...network, ...options }, perceptual: "pyramid" } as const;
    await trainSphere(shapes({ labelled }), config, { out, ...quiet });
    const vit = await loadSphere(out);
    expect(vit.latent).toBe(32);
    const images = await vit.sample({ count: 2, steps: 2 });
    expect(images.pixels.every((x) => Number.isFinite(x) && Math.abs(x) <= 1)).toBe(true);
    await vit.release();
  });
  test("colour pictures without labels", async () => {
    await trainSphere(shapes({ labelled: false, channels: 3 }), micro, { out: at("unlabelled"), ...quiet });
    const plain = await loadModel(at("unlabelled"), { kind: "image" });
    expect((await plain.sample({ count: 2, steps: 2 })).shape).toEqual([2, 3, 16, 16]);
    await plain.release();
  });
  test("the plain spherical autoencoder, the baseline", async () => {
    await trainSphere(shapes(), withoutNoise(micro), { out: at("plain"), ...quiet });
    for (const row of log("plain").filter((r) => r.stage === "sphere"))
      expect([row.consistency, row.latent, row.uniformity]).toEqual([0, 0, 0]);
  });
});

test("held-out pictures come back: signal-to-noise ratio and distance beside a floor", async () => {
  const reference = await measureReference(shapes(), null);
  const reports = (await evaluateReconstruction(model, reference))!;
  expect(reports.map(({ name }) => name)).toEqual([
    "Reconstruction PSNR (dB)",
    "Reconstructions: Fréchet distance on pixel PCA 64",
  ]);
  const [psnr, distance] = reports;
  expect(psnr.value).toBeGreaterThan(0);
  expect(psnr.interval![0]).toBeLessThan(psnr.value);
  expect(distance.floor).toBeGreaterThan(0);
});

test("training learns to autoencode held-out pictures, better with their class than with another", async () => {
  const network = { ...micro.network, latent: 16, encoder: [8, 8], hidden: 32, decoder: [8, 8, 8], trunk: 32 };
  const training = { ...micro.training, batch: 32, steps: 200, lr: 4e-3, warmup: 10, emaDecay: 0.95 };
  const data = shapes({ count: 192 });
  const { train, test } = data;
  const config = { ...micro, network: network as SphereSettings["network"], perceptual: "none", training } as const;
  await trainSphere(data, config, { out: at("learned"), ...quiet });
  const learned = (await loadModel(at("learned"))) as SphereModel;
  const all = ({ count }: { count: number }) => Array.from({ length: count }, (_, i) => i);
  const x = new Images(toFloat(test, all(test)), test.count, 1, 16, 16);
  const error = (pixels: Float32Array) => pixels.reduce((sum, v, i) => sum + (v - x.pixels[i]) ** 2, 0) / pixels.length;
  const mean = new Float32Array(256);
  toFloat(train, all(train)).forEach((v, i) => void (mean[i % 256] += v / train.count));
  const of = async (label: number[] | null) => error((await learned.reconstruct(x, { label })).pixels);
  const [own, other] = [Array.from(test.labels!), Array.from(test.labels!, (label) => 1 - label)];
  // Of the error of the mean picture, 0.43 and less were seen
  expect(await of(null)).toBeLessThan(0.55 * error(x.pixels.map((_, i) => mean[i % 256])));
  expect(await of(own)).toBeLessThan(await of(null));
  expect(await of(own)).toBeLessThan(0.85 * (await of(other)));
  await learned.release();
});

test("settings that cannot be are refused with their name", async () => {
  const bad = { ...micro, noise: { ...micro.noise, maxAngle: 95 } };
  await expect(trainSphere(shapes(), bad, { out: at("bad"), ...quiet })).rejects.toThrow(/maxAngle/);
  const steep = { ...micro, noise: { ...micro.noise, maxAngle: 90 } };
  await expect(trainSphere(shapes(), steep, { out: at("bad"), ...quiet })).rejects.toThrow(/\[0, 90\)/);
});
