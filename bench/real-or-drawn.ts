import { resolveDataset } from "../src/data/index.js";
import { loadModel } from "../src/methods/load.js";
import { detection, realOrDrawn, realOrReal } from "./quality/real-or-drawn.js";
import { type BenchOptions, load, machine, round, table } from "./report.js";

const MODELS = ["drifting-fashion", "flow-fashion", "sphere-fashion"];

/**
 * Whether pictures can be told from real ones: a network learns it from some of each, and is right about so many others
 * (half: it cannot). `names`: models; `evaluations`: steps, where they take several; `rounds`: seeds.
 */
export async function run({ names, quick, rounds, threads, evaluations, note }: BenchOptions) {
  const rows: {
    model: string;
    steps: number | null;
    seed: number;
    accuracy: number;
    interval: number[];
    count: number;
  }[] = [];
  const known = new Set<string>();
  const measure = async (
    model: string,
    steps: number | null,
    detect: (seed: number) => ReturnType<typeof realOrReal>,
  ) => {
    for (let seed = 0; seed < rounds; seed++) {
      const { accuracy, interval, count } = await detect(seed);
      note(`${model}${steps === null ? "" : `, ${steps} steps`}, seed ${seed}: ${round(accuracy)}`);
      rows.push({ model, steps, seed, accuracy, interval: interval.map((one) => round(one, 4)), count });
    }
  };
  for (const name of names.length > 0 ? names : MODELS) {
    const model = await loadModel(name, { kind: "image", threads });
    const dataset = await resolveDataset(String(model.config.training.data));
    if (!known.has(dataset.id)) {
      known.add(dataset.id);
      await measure(`real ${dataset.id}`, null, (seed) => realOrReal(dataset, { ...detection(quick), seed, threads }));
    }
    for (const steps of evaluations && "steps" in model.options.shape ? evaluations : [undefined])
      await measure(name, steps ?? null, (seed) =>
        realOrDrawn(model, dataset, { ...detection(quick), seed, threads }, steps === undefined ? {} : { steps }),
      );
    await model.release();
  }
  return { machine: machine(), load: load(), ...detection(quick), rows };
}

export const show = ({ rows }: Awaited<ReturnType<typeof run>>): string =>
  table(
    ["model", "steps", "seed", "told rightly", "95 %", "pictures"],
    rows.map(({ model, steps, seed, accuracy, interval, count }) => [
      ...[model, steps ?? "its own", seed, round(accuracy), interval.join(" … "), count],
    ]),
  );
