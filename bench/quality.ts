import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type ImageDataset, resolveDataset } from "../src/data/index.js";
import { writeFileAtomic } from "../src/io/atomic.js";
import { extractorFor, otherClassifiers } from "../src/judges/extractors/index.js";
import { evaluateModel, measureReference, type Reference } from "../src/judges/images/index.js";
import { loadModel } from "../src/methods/load.js";
import { trained } from "./quality/budget.js";
import { COLUMNS, grouped, medianOf } from "./quality/columns.js";
import { detection, realOrDrawn } from "./quality/real-or-drawn.js";
import { chosen, type Rival, type Shipped } from "./quality/rivals.js";
import { type BenchOptions, load, machine, table } from "./report.js";

/** Processor seconds of a rival's training; the Fréchet stage has half as many. */
const SECONDS = { whole: 1200, quick: 40 };
/** Steps of the feature network of the Fréchet stage, as in the preset `small`, and for a look. */
const FEATURES = { whole: 1000, quick: 60 };

interface Row {
  rival: string;
  seed: number;
  steps: number;
  /** Network evaluations. */
  nfe: number;
  /** Steps and processor seconds of its last stage; none of a shipped model. */
  trained: { steps: number; processor: number } | null;
  metrics: Record<string, number>;
}

/**
 * Drifting and the flow, and what α-Flow, shortcuts and consistency make of that flow in equal processor time, each with and
 * without the Fréchet stage: at 1, 2 and 4 steps, by judges that are used for nothing else. Runs and rows are kept in
 * out/bench-quality, so that a bench that was stopped goes on. `names`: only those rivals; `rounds`: seeds; `seconds`:
 * processor seconds of a rival's training.
 */
export async function run({ names, quick, rounds, threads, note, seconds }: BenchOptions) {
  const budget = seconds ?? (quick ? SECONDS.quick : SECONDS.whole);
  const featureSteps = FEATURES[quick ? "quick" : "whole"];
  const { shipped, rivals } = chosen(names);
  const dataset = await resolveDataset("fashion-mnist");
  const count = quick ? 1000 : 10_000;
  const extractor = (await extractorFor("classifier", dataset))!;
  const others = await otherClassifiers(dataset, { besides: extractor.name });
  note("measuring real images");
  const reference = await measureReference(dataset, extractor, {
    limit: count,
    others,
    ...(quick && { trainLimit: count }),
  });
  const rows: Row[] = [];
  for (let seed = 0; seed < rounds; seed++) {
    const runs = join("out", "bench-quality", `${budget}s${quick ? "-quick" : ""}`, String(seed));
    mkdirSync(runs, { recursive: true });
    for (const one of [...shipped, ...rivals]) {
      const path = join(runs, `${one.name}-${count}.json`);
      if (!existsSync(path)) {
        const after =
          "stage" in one ? await further(one, { dataset, budget, seed, runs, featureSteps, threads, note }) : null;
        const location = after ? join(runs, one.name) : (one as Shipped).model;
        const found = await measured(one, location, { reference, dataset, seed, count, quick, threads, note });
        await writeFileAtomic(path, JSON.stringify(found.map((row) => ({ ...row, trained: after }))));
      }
      rows.push(...JSON.parse(readFileSync(path, "utf8")));
    }
  }
  for (const one of [extractor, ...others]) await one.release();
  return { data: dataset.id, samples: count, seconds: budget, machine: machine(), load: load(), rows };
}

const further = (
  rival: Rival,
  {
    budget,
    note,
    ...rest
  }: {
    dataset: ImageDataset;
    budget: number;
    seed: number;
    runs: string;
    featureSteps: number;
    threads: number;
  } & Pick<BenchOptions, "note">,
) => trained(rival.stage === "frechet" ? budget / 2 : budget, { ...rest, rival }, note);

/** A model's rows, one for each number of steps. */
async function measured(
  { name, steps: list }: Shipped | Rival,
  location: string,
  {
    reference,
    dataset,
    seed,
    count,
    quick,
    threads,
    note,
  }: { reference: Reference; dataset: ImageDataset; seed: number; count: number } & Pick<
    BenchOptions,
    "quick" | "threads" | "note"
  >,
): Promise<Omit<Row, "trained">[]> {
  const model = await loadModel(location, { kind: "image", threads });
  const rows = [];
  for (const steps of list) {
    note(`${name}, seed ${seed}: ${steps} steps are measured`);
    const sample = "steps" in model.options.shape ? { steps } : {};
    const { metrics, nfe } = await evaluateModel(model, reference, {
      sample: { count, seed, ...sample },
      resamples: 0,
      metrics: ["frechet", "prdc"],
    });
    const told = await realOrDrawn(model, dataset, { ...detection(quick), seed, threads }, sample);
    const figures = Object.fromEntries(metrics.map(({ name, value }) => [name, value]));
    rows.push({ rival: name, seed, steps, nfe, metrics: { ...figures, [TOLD]: told.accuracy } });
  }
  await model.release();
  return rows;
}

const TOLD = "Told from real ones";
const OF_ALL = { ...COLUMNS, "told rightly": new RegExp(`^${TOLD}`) };

/** Medians over the seeds. */
export function show({ rows }: Awaited<ReturnType<typeof run>>): string {
  const groups = grouped(rows, ({ rival, steps }) => `${rival} ${steps}`);
  return table(
    ["rival", "steps", "seeds", "training steps", "processor s", ...Object.keys(OF_ALL)],
    [...groups.values()].map((all) => {
      const [{ rival, steps, trained }] = all;
      const spent = trained ? [trained.steps, Math.round(trained.processor)] : ["shipped", "shipped"];
      return [rival, steps, all.length, ...spent, ...Object.values(OF_ALL).map((pattern) => medianOf(all, pattern))];
    }),
  );
}
