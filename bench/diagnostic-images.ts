import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ImageDataset, resolveDataset } from "../src/data/index.js";
import { type Extractor, extractorFor } from "../src/judges/extractors/index.js";
import { diagnoseImages, type ImprovePlan, imageTarget, type MixtureOptions } from "../src/loops/diagnostic/index.js";
import { type DriftingSettings, presets } from "../src/methods/drifting/settings.js";
import { trainDrifting } from "../src/methods/drifting/train.js";
import { loadModel } from "../src/methods/load.js";
import { methodOf } from "../src/methods/registry.js";
import { frechetTo } from "../src/metrics/index.js";
import { readModel } from "../src/models/files.js";
import type { RunConfig } from "../src/recipes/recipe.js";
import { type RunResult, readConfig } from "../src/train/index.js";
import { type BenchOptions, load, machine, round, table } from "./report.js";

/** Mixtures: none, as `improve` has it, and one that follows the diagnosis more strongly. */
const ARMS: Record<string, MixtureOptions | null> = {
  "as the data are": null,
  "by the diagnosis": {},
  "by the diagnosis, tau 3": { tau: 3 },
};

interface Size {
  rounds: number;
  /** Steps of the last stage in each round. */
  steps: number;
  /** Samples and real images of each class, in diagnoses and at the end. */
  perClass: number;
}
const WHOLE: Size = { rounds: 2, steps: 300, perClass: 500 };
const LOOK: Size = { rounds: 1, steps: 4, perClass: 40 };

/** How a model draws each class, on test images that no mixture was made from. */
interface Seen {
  coverage: Record<string, number>;
  score: Record<string, number>;
  frechet: number;
}
export interface Trial {
  seed: number;
  base: Seen;
  arms: Record<string, Seen>;
  /** Times an equal share that each class had, by arm and round. */
  shares: Record<string, Record<string, number>[]>;
}

async function seen(run: string, dataset: ImageDataset, judge: Extractor, { perClass }: Size): Promise<Seen> {
  const model = await loadModel(run, { kind: "image", device: "cpu" });
  try {
    const { groups, sets } = await diagnoseImages(model, dataset, judge, { perClass, seed: 77, kinds: 0 });
    return {
      coverage: Object.fromEntries(groups.map(({ name, coverage }) => [name, coverage.value])),
      score: Object.fromEntries(groups.map(({ name, score }) => [name, score.value])),
      frechet: frechetTo(sets.real.features)(sets.samples.features),
    };
  } finally {
    await model.release();
  }
}

/** A base of the preset for pages, which takes minutes. */
const small = (quick: boolean): DriftingSettings => {
  const { page } = presets;
  const brief = quick ? { steps: 4 } : {};
  return {
    ...page,
    autoencoder: { ...page.autoencoder, ...brief },
    latentStage: { ...page.latentStage, ...brief },
    jointStage: { ...page.jointStage, ...brief },
  };
};

/**
 * Drifting models of Fashion-MNIST, trained on in rounds of their last stage: on the data as they are, and on mixtures by a
 * diagnosis made anew in each round; every round is kept. `rounds`: seeds; `names`: finished runs that are the bases of the
 * first seeds. `quick`: a look, of a model that learns nothing.
 */
export async function run({ threads, quick, rounds: seeds, names, note }: BenchOptions) {
  const size = quick ? LOOK : WHOLE;
  const dataset = await resolveDataset("fashion-mnist");
  const judge = (await extractorFor("classifier", dataset))!;
  const trials: Trial[] = [];
  for (let seed = 0; seed < seeds; seed++) {
    const out = mkdtempSync(join(tmpdir(), "fewstep-bench-"));
    const quiet = { threads, device: "cpu", sampleEvery: 0, onProgress: () => {} } as const;
    try {
      const base = names[seed] ?? join(out, "base");
      if (names[seed] === undefined) await trainDrifting(dataset, { ...small(quick), seed }, { ...quiet, out: base });
      const { method: name, settings } = (await readConfig(base)) as RunConfig;
      const method = methodOf(name)!;
      const own = settings as DriftingSettings;
      const plan: ImprovePlan = {
        ...{ run: base, data: dataset.id, judge: judge.name, rounds: size.rounds, seed, perClass: size.perClass },
        ...{ control: false, settings: { ...own, jointStage: { ...own.jointStage, steps: size.steps } } },
      };
      const trial: Trial = { seed, base: await seen(base, dataset, judge, size), arms: {}, shares: {} };
      note(`seed ${seed}, base: ${JSON.stringify(trial.base)}`);
      for (const [i, [arm, mixture]] of Object.entries(ARMS).entries()) {
        const target = imageTarget({ plan: { ...plan, ...(mixture && { mixture }) }, dataset, judge, device: "cpu" });
        trial.shares[arm] = [];
        let run = base;
        for (let k = 1; k <= size.rounds; k++) {
          const found = mixture && (await target.steer(run, k));
          const shares = found && target.shares(found, () => false);
          if (shares) trial.shares[arm].push(Object.fromEntries(shares.map(({ name, times }) => [name, round(times)])));
          const [{ dataset: mixed, settings }] = await target.lessons(found && shares ? { found, shares } : undefined);
          const { weights } = await readModel(run, () => method.architecture);
          const to = join(out, `${i}-${k}`);
          const seeded = { ...(settings as DriftingSettings), seed: seed + 100 * k };
          const trained: RunResult = await method.train(mixed, seeded, { ...quiet, out: to, from: { run, weights } });
          if (trained.status !== "finished") throw new Error(`${to} did not end: ${trained.status}.`);
          run = to;
        }
        trial.arms[arm] = await seen(run, dataset, judge, size);
        note(`seed ${seed}, ${arm}: ${JSON.stringify(trial.arms[arm])}`);
      }
      trials.push(trial);
    } finally {
      rmSync(out, { recursive: true, force: true });
    }
  }
  await judge.release();
  return { machine: machine(), load: load(), size, trials };
}

const lowest = (values: Record<string, number>): [string, number] =>
  Object.entries(values).reduce((a, b) => (b[1] < a[1] ? b : a));

export function show({ machine, load, size, trials }: Awaited<ReturnType<typeof run>>): string {
  const rows = trials.flatMap(({ seed, base, arms }) =>
    Object.entries({ base, ...arms }).map(([name, { coverage, score, frechet }]) => {
      const [[where, least], [worst, lowestScore]] = [lowest(coverage), lowest(score)];
      const [begun] = lowest(base.coverage);
      return [
        ...[seed, name, `${round(least)} (${where})`, `${round(coverage[begun])} (${begun})`],
        ...[`${round(lowestScore)} (${worst})`, round(frechet)],
      ];
    }),
  );
  return `${machine.cpu}, load average ${load}; ${size.rounds} rounds of ${size.steps} steps, ${size.perClass} samples of each class
${table(["seed", "trained on", "lowest coverage", "of what was lowest", "lowest score", "Fréchet"], rows)}`;
}
