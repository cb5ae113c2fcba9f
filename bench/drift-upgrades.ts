import { type ImageDataset, resolveDataset } from "../src/data/index.js";
import { extractorFor, otherClassifiers } from "../src/judges/extractors/index.js";
import { evaluateModel, measureReference, type Reference } from "../src/judges/images/index.js";
import { driftingRecipe } from "../src/methods/drifting/recipe.js";
import { type DriftingSettings, presets } from "../src/methods/drifting/settings.js";
import type { Stage } from "../src/train/index.js";
import { type Keeper, trainStages } from "../src/train/loop.js";
import { type Packed, pack, unpack } from "../src/train/state.js";
import { COLUMNS, grouped, medianOf } from "./quality/columns.js";
import { type BenchOptions, load, machine, median, round, table } from "./report.js";

/** Changes of the field, each alone and what is meant to stand together. */
const ARMS: Record<string, Partial<DriftingSettings["drift"]>> = {
  "as it is": {},
  "independent negatives": { negatives: "independent" },
  "learned width": { widths: "learned" },
  "annealed widths": { widths: "annealed" },
  "transport, independent": { latentField: "transport", negatives: "independent" },
  "moved by a pixel": { shifts: true },
  "fine structure": { fine: true },
};
/** Processor seconds of the two drifting stages together, of which the latent one has a quarter. */
const SECONDS = { whole: 400, quick: 12 };
const LATENT_SHARE = 0.25;
/** Steps that tell what one costs, the first two of which compile. */
const TRIED = 8;
const WARM = 2;

type Row = {
  seed: number;
  arm: string;
  stage: string;
  steps: number;
  processor: number;
  metrics: Record<string, number>;
};
/** Finished stages by name. */
type Base = Map<string, Packed>;

const processor = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
};

/**
 * Trains a recipe's stages up to `last`, those of `base` taken as they are; each that ends is put there. Returns the processor
 * seconds of each step of the stages that were trained, and the model.
 */
async function train(dataset: ImageDataset, settings: DriftingSettings, base: Base, last: string, threads: number) {
  const { stages, preview } = driftingRecipe(dataset, settings, { device: "cpu", threads });
  const costs: Record<string, number[]> = {};
  let before = 0;
  const keeper: Keeper = {
    async restore(stage: Stage) {
      const kept = base.get(stage.name);
      if (!kept) return null;
      unpack(kept, stage.state);
      return { position: { stage: stage.name, stageStep: stage.steps, step: stage.steps, seconds: 0 }, end: true };
    },
    async open() {
      before = processor();
    },
    async log({ stage }) {
      const now = processor();
      (costs[stage] ??= []).push(now - before);
      before = now;
    },
    async save(stage, _, end) {
      if (end) base.set(stage.name, structuredClone(pack(stage.state)));
    },
    advice: () => "",
  };
  const names = ["features", "autoencoder", "latent", "joint"];
  const until = stages.slice(0, names.indexOf(last) + 1);
  await trainStages(until, keeper, { sampleEvery: 0, checkpointSeconds: 1e9 });
  return { preview, costs };
}

/**
 * Drifting on Fashion-MNIST with each change of its field, from the same feature network and autoencoder, for equal processor
 * time: after the latent stage and after the joint one, by judges that are used for nothing else. `names`: some of the
 * changes; `rounds`: seeds; `seconds`: processor seconds of both stages.
 */
export async function run({ threads, quick, rounds, names, seconds, note }: BenchOptions) {
  const arms = names.length > 0 ? names : Object.keys(ARMS);
  const unknown = arms.find((name) => !Object.hasOwn(ARMS, name));
  if (unknown !== undefined) throw new Error(`There is no "${unknown}"; choose of ${Object.keys(ARMS).join(", ")}.`);
  const budget = seconds ?? SECONDS[quick ? "quick" : "whole"];
  const dataset = await resolveDataset("fashion-mnist");
  const extractor = (await extractorFor("classifier", dataset))!;
  const others = await otherClassifiers(dataset, { besides: extractor.name });
  const limit = quick ? 500 : 5000;
  const reference = await measureReference(dataset, extractor, { limit, others, ...(quick && { trainLimit: limit }) });
  const rows: Row[] = [];
  for (let seed = 0; seed < rounds; seed++) {
    const { tiny } = presets;
    const brief = quick ? { steps: 20 } : {};
    const settings: DriftingSettings = {
      ...tiny,
      seed,
      features: { ...tiny.features, ...brief },
      autoencoder: { ...tiny.autoencoder, ...brief },
    };
    const base: Base = new Map();
    note(`seed ${seed}: feature network and autoencoder`);
    await train(dataset, settings, base, "autoencoder", threads);
    for (const arm of arms) {
      const changed = (latent: number, joint: number): DriftingSettings => ({
        ...settings,
        drift: { ...settings.drift, ...ARMS[arm] },
        latentStage: { ...settings.latentStage, steps: latent },
        jointStage: { ...settings.jointStage, steps: joint },
      });
      const tried = await train(dataset, changed(TRIED, TRIED), new Map(base), "joint", threads);
      const steps = Object.fromEntries(
        (["latent", "joint"] as const).map((stage) => {
          const share = stage === "latent" ? LATENT_SHARE : 1 - LATENT_SHARE;
          return [stage, Math.max(2, Math.floor((share * budget) / median(tried.costs[stage].slice(WARM))))];
        }),
      );
      note(`seed ${seed}, ${arm}: ${steps.latent} and ${steps.joint} steps`);
      const kept = new Map(base);
      for (const stage of ["latent", "joint"]) {
        const { preview, costs } = await train(dataset, changed(steps.latent, steps.joint), kept, stage, threads);
        const metrics = await measured(preview, reference, limit, seed);
        const used = costs[stage].reduce((a, b) => a + b);
        rows.push({ seed, arm, stage, steps: steps[stage], processor: round(used), metrics });
        note(JSON.stringify(rows.at(-1)));
      }
    }
  }
  for (const one of [extractor, ...others]) await one.release();
  return { data: dataset.id, samples: limit, seconds: budget, machine: machine(), load: load(), rows };
}

async function measured(
  model: Parameters<typeof evaluateModel>[0],
  reference: Reference,
  count: number,
  seed: number,
): Promise<Record<string, number>> {
  const { metrics } = await evaluateModel(model, reference, {
    sample: { count, seed },
    resamples: 0,
    metrics: ["frechet", "prdc"],
  });
  return Object.fromEntries(metrics.map(({ name, value }) => [name, value]));
}

/** Medians over the seeds. */
export function show({ rows }: Awaited<ReturnType<typeof run>>): string {
  const groups = grouped(rows, ({ arm, stage }) => `${stage}, ${arm}`);
  return table(
    ["stage, field", "seeds", "steps", "processor s", ...Object.keys(COLUMNS)],
    [...groups].map(([name, all]) => [
      name,
      all.length,
      ...[median(all.map(({ steps }) => steps)), median(all.map((row) => row.processor))],
      ...Object.values(COLUMNS).map((pattern) => medianOf(all, pattern)),
    ]),
  );
}
