import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { resolveDataset } from "../src/data/index.js";
import { extractorFor } from "../src/judges/extractors/index.js";
import { evaluateModel, measureReference, type Reference } from "../src/judges/images/index.js";
import { presets as driftingPresets } from "../src/methods/drifting/settings.js";
import { trainDrifting } from "../src/methods/drifting/train.js";
import { fitToSeconds } from "../src/methods/flow/budget.js";
import { type FlowSettings, presets as flowPresets } from "../src/methods/flow/settings.js";
import { trainFlow } from "../src/methods/flow/train.js";
import { loadModel } from "../src/methods/load.js";
import type { ImageGenerator } from "../src/models/generator.js";
import { type BenchOptions, load, machine, median, round, table } from "./report.js";

const STEPS = [1, 2, 4, 8, 16, 50];

/**
 * What one step saves: a drifting model and two flow models (on pixels; in latent space with a jointly tuned decoder)
 * of the same training seconds on the same data, three seeds, each measured against the test images, the flows at
 * several numbers of steps (the tuned decoder saw 8-step latents). `quick` takes one seed, a sixth of the training
 * steps and 2,000 samples.
 */
export async function run({ quick, threads, note }: BenchOptions) {
  const dataset = await resolveDataset("fashion-mnist");
  const extractor = await extractorFor("classifier", dataset);
  const count = quick ? 2000 : 10_000;
  const reference = await measureReference(dataset, extractor, { limit: count });
  const folder = mkdtempSync(join(tmpdir(), "fewstep-bench-"));
  const runs = [];
  try {
    for (const seed of quick ? [0] : [0, 1, 2]) {
      const shared = { threads, sampleEvery: 0, onProgress: () => {} };
      note(`seed ${seed}: training the drifting model`);
      const t = driftingPresets.tiny;
      const share = quick ? 1 / 6 : 1;
      const part = <T extends { steps: number }>(stage: T): T => ({
        ...stage,
        steps: Math.max(20, Math.round(stage.steps * share)),
      });
      const drifting = {
        ...t,
        seed,
        features: part(t.features),
        autoencoder: { ...part(t.autoencoder), warmSteps: Math.round(t.autoencoder.warmSteps * share) },
        latentStage: part(t.latentStage),
        jointStage: part(t.jointStage),
      };
      const out = join(folder, `drifting-${seed}`);
      const { seconds } = await trainDrifting(dataset, drifting, { ...shared, out });
      const model = await loadModel(out, { kind: "image", threads });
      runs.push({
        seed,
        model: "drifting",
        trainSeconds: round(seconds),
        rows: [await measure(model, reference, count, seed)],
        latency: await latency(model),
      });
      await model.release();

      for (const space of ["pixel", "joint"] as const) {
        const base = flowPresets[space === "pixel" ? "tiny" : "tiny-joint"];
        const common: FlowSettings = {
          ...base,
          seed,
          space,
          features: drifting.features,
          autoencoder: drifting.autoencoder,
          jointStage: { ...drifting.jointStage, samplerSteps: 8 },
        };
        note(`seed ${seed}: measuring the step time of the ${space} flow`);
        const settings = await fitToSeconds(dataset, common, seconds, { threads });
        note(`seed ${seed}: training the ${space} flow for ${Math.round(seconds)} s`);
        const out = join(folder, `${space}-${seed}`);
        const trained = await trainFlow(dataset, settings, { ...shared, out });
        const flow = await loadModel(out, { kind: "image", threads });
        const rows = [];
        for (const steps of STEPS) {
          note(`seed ${seed}: ${space} flow at ${steps} steps`);
          rows.push(await measure(flow, reference, count, seed, steps));
        }
        runs.push({
          seed,
          model: `flow-${space}`,
          trainSeconds: round(trained.seconds),
          rows,
          latency: await latency(flow),
        });
        await flow.release();
      }
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
    await extractor?.release();
  }
  return {
    data: dataset.id,
    samples: count,
    machine: machine(),
    load: load(),
    runs,
    stepsToMatch: { "flow-pixel": stepsToMatch(runs, "flow-pixel"), "flow-joint": stepsToMatch(runs, "flow-joint") },
  };
}

type Measured = Awaited<ReturnType<typeof measure>>;
interface Run {
  seed: number;
  model: string;
  trainSeconds: number;
  rows: Measured[];
}

async function measure(model: ImageGenerator, reference: Reference, count: number, seed: number, steps?: number) {
  const { metrics, nfe } = await evaluateModel(model, reference, {
    sample: { count, seed, ...(steps && { steps }) },
    resamples: 0,
  });
  const value = (start: string) => round(metrics.find((m) => m.name.startsWith(start))?.value ?? Number.NaN);
  const floor = round(metrics.find((m) => m.name.startsWith("Fréchet distance on classifier"))?.floor ?? Number.NaN);
  return {
    steps: nfe,
    frechet: value("Fréchet distance on classifier"),
    floor,
    frechetPca: value("Fréchet distance on pixel PCA"),
    precision: value("Precision"),
    recall: value("Recall"),
    coverage: value("Coverage"),
    accuracy: value("Accuracy"),
  };
}

/** Milliseconds per call for 1 and 64 images, medians of 20, at the model's smallest number of evaluations. */
async function latency(model: ImageGenerator) {
  const times: Record<string, number> = {};
  for (const count of [1, 64]) {
    const ms: number[] = [];
    for (let i = 0; i < 22; i++) {
      const start = performance.now();
      await model.sample({ count, steps: model.method === "drifting" ? undefined : 1, seed: i });
      if (i >= 2) ms.push(performance.now() - start);
    }
    times[`ms${count}`] = round(median(ms));
  }
  return times;
}

/**
 * Fewest steps at which the baseline's distance (median over seeds) is at most one-step drifting's; null where none is.
 */
function stepsToMatch(runs: readonly Run[], baseline: string): number | null {
  const distance = (model: string, row: number) =>
    median(runs.filter((r) => r.model === model).map((r) => r.rows[row].frechet));
  const target = distance("drifting", 0);
  const found = STEPS.findIndex((_, i) => distance(baseline, i) <= target);
  return found < 0 ? null : STEPS[found];
}

export const show = ({ runs, stepsToMatch }: Awaited<ReturnType<typeof run>>): string =>
  [
    table(
      [
        "model",
        "seed",
        "train s",
        "evaluations",
        "Fréchet",
        "floor",
        "on PCA",
        "precision",
        "recall",
        "coverage",
        "accuracy",
      ],
      runs.flatMap((r) =>
        r.rows.map((m) => [
          r.model,
          r.seed,
          r.trainSeconds,
          m.steps,
          m.frechet,
          m.floor,
          m.frechetPca,
          m.precision,
          m.recall,
          m.coverage,
          m.accuracy,
        ]),
      ),
    ),
    table(
      ["model", "seed", "ms for 1 image", "ms for 64"],
      runs.map((r) => [r.model, r.seed, r.latency.ms1, r.latency.ms64]),
    ),
    `Steps the baseline needs to match one-step drifting: pixel flow ${stepsToMatch["flow-pixel"] ?? "none up to 50"}, flow with jointly tuned decoder ${stepsToMatch["flow-joint"] ?? "none up to 50"}.`,
  ].join("\n");
