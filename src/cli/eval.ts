import { resolveDataset } from "../data/index.js";
import { type Evaluation, evaluateModel, measureReference } from "../methods/evaluate.js";
import { extractorFor } from "../methods/extractors.js";
import { loadModel } from "../methods/index.js";
import type { MetricReport } from "../metrics/index.js";
import type { DeviceName } from "../runtime/index.js";
import { printJson, printTable, say } from "./output.js";

export interface EvalCommand {
  data?: string;
  features: string;
  count: number;
  steps?: number[];
  guidance?: number;
  seed: number;
  device?: DeviceName | "auto";
  json?: boolean;
}

/** Measures a model, at one or several numbers of steps, against the test images of its data. */
export async function evalCommand(location: string, { data, features, count, steps, guidance, seed, device, json }: EvalCommand): Promise<void> {
  const model = await loadModel(location, { device });
  const dataset = await resolveDataset(data ?? String(model.config.training.data), { size: model.config.image.width });
  const extractor = await extractorFor(features, dataset, { device });
  try {
    if (!json) say(`Measuring real images of ${dataset.id} …`);
    const reference = await measureReference(dataset, extractor);
    const evaluations: Evaluation[] = [];
    for (const step of steps ?? [undefined]) {
      const evaluation = await evaluateModel(model, reference, { count, steps: step, guidance, seed });
      evaluations.push(evaluation);
      if (!json) show(evaluation);
    }
    if (json) printJson(evaluations.length === 1 ? evaluations[0] : evaluations);
  } finally {
    await extractor.release();
    await model.release();
  }
}

const figure = (value: number) => Number(value.toPrecision(4));

function show({ model, data, count, nfe, metrics }: Evaluation): void {
  say(`${model}: ${count} samples of ${nfe} network evaluation${nfe === 1 ? "" : "s"} each, against ${data}`);
  printTable(
    ["metric", "value", "95 % interval", "real against real", "features"],
    metrics.map(({ name, value, interval, floor, features }: MetricReport) => [name, figure(value), interval ? interval.map(figure).join(" … ") : "", floor === null ? "" : figure(floor), features]),
  );
}
