import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { resolveDataset } from "../src/data/index.js";
import { extractorFor } from "../src/judges/extractors/index.js";
import { evaluateModel, evaluateReconstruction, measureReference, type Reference } from "../src/judges/images/index.js";
import { loadModel } from "../src/methods/load.js";
import {
  latentLength,
  networkConfig,
  presets,
  resolveAngle,
  type SphereModel,
  type SphereSampleOptions,
  type SphereSettings,
  trainSphere,
  withoutNoise,
} from "../src/methods/sphere/index.js";
import type { MetricReport } from "../src/metrics/index.js";
import { type BenchOptions, load, machine, round, table } from "./report.js";

const STEPS = [1, 2, 4, 8];

/**
 * The method whole, the plain spherical autoencoder, and what each part does; all with the same steps and one feature
 * network.
 */
function variants(full: SphereSettings, images: number, latent: number): Record<string, SphereSettings> {
  const { weights, noise } = full;
  const angle = resolveAngle(noise.maxAngle, images, latent);
  const at = (maxAngle: number): SphereSettings => ({ ...full, noise: { ...noise, maxAngle } });
  return {
    full,
    "plain autoencoder": withoutNoise(full),
    "no latent loss": { ...full, weights: { ...weights, latent: 0 } },
    "no consistency": { ...full, weights: { ...weights, consistency: 0, consistencyPerceptual: 0 } },
    "angle 15° less": at(angle - 15),
    "angle 15° more": at(Math.min(89, angle + 15)),
    "no code energy (as the paper)": { ...full, weights: { ...weights, uniformity: 0 } },
    ...withAngles(full, angle),
  };
}

/** What the sequel adds, one after the other: the angle as an input, every angle in training, Fréchet distances. */
function withAngles(full: SphereSettings, angle: number): Record<string, SphereSettings> {
  const told = { ...full, sampleAngle: angle }; // beyond it nothing is trained
  const every = { kind: "rotation", trainAngle: 90, hardCases: "none" } as const;
  const turned = { ...full, sampleAngle: 85, noise: { ...full.noise, ...every } };
  const matching = { ...full.matching, weight: 0.01 };
  return {
    "angle input": told,
    "angle input, every angle": turned,
    "angle input, Fréchet of samples": { ...told, matching },
    "angle input, Fréchet of both": { ...told, matching: { ...matching, of: "both" } },
    "angle input, every angle, Fréchet of both": { ...turned, matching: { ...matching, of: "both" } },
  };
}

/**
 * Ablations of the Sphere Encoder on Fashion-MNIST with the preset `tiny`, one seed, 5,000 samples: Fréchet distance at
 * 1, 2, 4 and 8 steps, reconstruction, the three rules for sharing noise, and one step that is told 90°. `quick`: a tenth of the training steps
 * and 2,000 samples.
 */
export async function run({ quick, threads, note }: BenchOptions) {
  const dataset = await resolveDataset("fashion-mnist");
  const extractor = await extractorFor("classifier", dataset);
  const count = quick ? 2000 : 5000;
  const reference = await measureReference(dataset, extractor, { limit: count });
  const folder = mkdtempSync(join(tmpdir(), "fewstep-bench-"));
  const { tiny } = presets;
  const share = quick ? 0.1 : 1;
  const part = (steps: number) => Math.max(20, Math.round(steps * share));
  const full: SphereSettings = {
    ...tiny,
    features: { ...tiny.features, steps: part(tiny.features.steps) },
    training: { ...tiny.training, steps: part(tiny.training.steps) },
  };
  const rows = [];
  try {
    let features: string | null = null;
    for (const [name, config] of Object.entries(
      variants(full, dataset.train.count, latentLength(networkConfig(dataset, full))),
    )) {
      note(`${name}: training`);
      const out = join(folder, String(rows.length));
      const options = { out, threads, sampleEvery: 0, onProgress: () => {} };
      const { seconds } = await trainSphere(dataset, { ...config, featuresFrom: features }, options);
      features ??= out;
      const model = (await loadModel(out, { threads })) as SphereModel;
      note(`${name}: measuring`);
      const reconstruction = (await evaluateReconstruction(model, reference)) ?? [];
      const sharing: Record<string, Measured> = {};
      if (name === "full")
        for (const shareNoise of ["initial", "official", "none"] as const)
          sharing[shareNoise] = await measure(model, reference, count, 4, { shareNoise });
      const steps: Record<number, Measured> = {};
      for (const n of STEPS) steps[n] = await measure(model, reference, count, n);
      const at90 = model.sampleAngle === null ? null : await measure(model, reference, count, 1, { angle: 90 });
      rows.push({
        name,
        angle: model.noise.maxAngle,
        seconds: round(seconds),
        psnr: figureOf(reconstruction, "Reconstruction PSNR"),
        reconstruction: figureOf(reconstruction, "Reconstructions: Fréchet distance on classifier"),
        steps,
        at90: at90?.frechet ?? null,
        sharing,
      });
      await model.release();
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
    await extractor?.release();
  }
  const floor = rows[0].steps[1].floor;
  return { data: dataset.id, samples: count, machine: machine(), load: load(), floor, rows };
}

type Measured = Awaited<ReturnType<typeof measure>>;

const figureOf = (metrics: readonly MetricReport[], start: string) =>
  round(metrics.find(({ name }) => name.startsWith(start))?.value ?? Number.NaN);

async function measure(
  model: SphereModel,
  reference: Reference,
  count: number,
  steps: number,
  options: Pick<SphereSampleOptions, "shareNoise" | "angle"> = {},
) {
  const { metrics, nfe } = await evaluateModel(model, reference, {
    sample: { count, steps, ...options },
    resamples: 0,
    metrics: ["frechet", "prdc"],
  });
  return {
    nfe,
    frechet: figureOf(metrics, "Fréchet distance on classifier"),
    floor: round(metrics.find((m) => m.name.startsWith("Fréchet distance on classifier"))?.floor ?? Number.NaN),
    coverage: figureOf(metrics, "Coverage"),
    accuracy: figureOf(metrics, "Accuracy"),
  };
}

export const show = ({ rows, floor }: Awaited<ReturnType<typeof run>>): string =>
  [
    table(
      [
        "variant",
        "angle",
        "train s",
        "PSNR",
        "rec. Fréchet",
        ...STEPS.map((n) => `${n} steps`),
        "1 step, told 90°",
        "coverage 4",
        "accuracy 4",
      ],
      rows.map((r) => [
        r.name,
        r.angle,
        r.seconds,
        r.psnr,
        r.reconstruction,
        ...STEPS.map((n) => r.steps[n].frechet),
        r.at90 ?? "",
        r.steps[4].coverage,
        r.steps[4].accuracy,
      ]),
    ),
    table(
      ["noise of 4 steps", "Fréchet", "coverage", "accuracy"],
      Object.entries(rows[0].sharing).map(([rule, m]) => [rule, m.frechet, m.coverage, m.accuracy]),
    ),
    `Fréchet distances on the classifier's features; real against real ${floor}.`,
  ].join("\n");
