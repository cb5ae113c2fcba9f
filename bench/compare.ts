import { resolveDataset } from "../src/data/index.js";
import { extractorFor } from "../src/judges/extractors/index.js";
import { evaluateModel, measureReference } from "../src/judges/images/index.js";
import { loadModel } from "../src/methods/load.js";
import { type BenchOptions, load, machine, median, round, table } from "./report.js";

/** The shipped models of one data set and the numbers of steps they are asked for. */
const MODELS: Record<string, (number | undefined)[]> = {
  "drifting-fashion": [undefined],
  "sphere-fashion": [1, 2, 4, 8],
  "flow-fashion": [1, 2, 4, 8, 16, 50],
};

/** The shipped Fashion-MNIST models side by side: same data, about the same training time, same metrics. */
export async function run({ quick, threads, note }: BenchOptions) {
  const dataset = await resolveDataset("fashion-mnist");
  const extractor = await extractorFor("classifier", dataset);
  const count = quick ? 1000 : 10_000;
  const reference = await measureReference(dataset, extractor, { limit: count });
  const rows = [];
  for (const [name, list] of Object.entries(MODELS)) {
    const model = await loadModel(name, { kind: "image", threads });
    for (const steps of list) {
      note(`${name}${steps ? ` at ${steps} steps` : ""}`);
      const { metrics, nfe } = await evaluateModel(model, reference, {
        sample: { count, ...(steps && { steps }) },
        resamples: 0,
        metrics: ["frechet", "prdc"],
      });
      const find = (start: string) => metrics.find((m) => m.name.startsWith(start));
      const [frechet, floor] = [
        find("Fréchet distance on classifier")?.value,
        find("Fréchet distance on classifier")?.floor,
      ];
      const times: number[] = [];
      for (let i = 0; i < 12; i++) {
        const start = performance.now();
        await model.sample({ count: 1, seed: i, ...(steps && { steps }) });
        if (i >= 2) times.push(performance.now() - start);
      }
      rows.push({
        model: name,
        trainSeconds: Number(model.config.training.seconds),
        steps: steps ?? 1,
        nfe,
        frechet: round(frechet ?? Number.NaN),
        floor: round(floor ?? Number.NaN),
        ...Object.fromEntries(
          ["Fréchet distance on pixel PCA", "Precision", "Recall", "Coverage", "Accuracy"].map((m) => [
            m,
            round(find(m)?.value ?? Number.NaN),
          ]),
        ),
        ms: round(median(times)),
      });
    }
    await model.release();
  }
  await extractor?.release();
  return { data: dataset.id, samples: count, machine: machine(), load: load(), rows };
}

export const show = ({ rows }: Awaited<ReturnType<typeof run>>): string =>
  table(
    [
      "model",
      "train s",
      "steps",
      "evaluations",
      "Fréchet",
      "floor",
      "on PCA",
      "precision",
      "recall",
      "coverage",
      "accuracy",
      "ms, one image",
    ],
    rows.map((row) => Object.values(row)),
  );
