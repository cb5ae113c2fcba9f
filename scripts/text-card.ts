/**
 * Writes the card of a shipped model of text from a fresh measurement: `npm run text-card -- <name> [count]`. The
 * section "Limits" of an existing card is kept; everything above it is written anew.
 */

import { join } from "node:path";
import { resolveText } from "../src/data/index.js";
import { evaluateLikelihood, evaluateText, measureTextReference, type TextEvaluation } from "../src/judges/text.js";
import { discreteShape } from "../src/methods/discrete/shape.js";
import { loadTextModel } from "../src/methods/load.js";
import type { MetricReport } from "../src/metrics/index.js";
import { figure, metricTable, writeCard } from "./card.js";

const [name, countText = "64"] = process.argv.slice(2);
if (!name) throw new Error("usage: npm run text-card -- <model> [samples]");
const count = Number(countText);
const folder = join(import.meta.dirname, "../models", name);
const model = await loadTextModel(folder);
const { config, lines, length } = model;
const { process: noise, vocabulary } = discreteShape.parse(config.network);
const dataset = await resolveText(String(config.training.data));
const reference = await measureTextReference(model, dataset);
const likelihood = await evaluateLikelihood(model, reference, { draws: 4 });

/** A figure and its interval over the samples. */
const withInterval = ({ value, interval }: MetricReport) =>
  interval ? `${figure(value)} (${figure(interval[0])} … ${figure(interval[1])})` : figure(value);
const STEPS = lines ? [8, 16, 32, 64] : [15, 63, 255];
const SAMPLERS = ["ancestral", "cap"] as const;
const evaluations: TextEvaluation[] = [];
for (const sampler of SAMPLERS)
  for (const steps of STEPS)
    evaluations.push(
      await evaluateText(model, reference, { sample: { count, steps, sampler, nucleus: lines ? 1 : 0.9 } }),
    );
const best = STEPS[STEPS.length - 1];
const { strings: texts } = await model.sample({
  count: lines ? 40 : 4,
  steps: best,
  sampler: "cap",
  nucleus: lines ? 1 : 0.9,
  seed: 1,
});

const columns = evaluations[0].metrics.map(({ name }) => name);
const path = await writeCard(folder, {
  config,
  name,
  what: `${lines ? "Lines" : "Text"} of ${length} tokens out of ${vocabulary}; discrete diffusion with ${noise} noise (${noise === "uniform" ? "Duo" : "MDLM"}), as many evaluations as wanted.`,
  shown: lines
    ? [`> ${texts.join(", ")}`]
    : texts.flatMap((text) => [`> ${text.replaceAll("\n", " ")}`, ">"]).slice(0, -1),
  data: { ...dataset, size: `${dataset.train.length} characters to train, ${dataset.test.length} to test` },
  measured: [
    "Bound on the test text without its end terms, four noise levels a sequence:",
    "",
    ...metricTable(likelihood),
    "",
    `\`fewstep eval ${name} --count ${count} --steps ${STEPS.join(",")}${lines ? "" : " --nucleus 0.9"}\`, and with \`--sampler cap\`. In brackets 95 % intervals over the samples. The judge has learnt from a part of the text that the model has not seen; the last line is held-out text.`,
    "",
    `| sampler | evaluations | ${columns.join(" | ")} |`,
    `|---|---${"|---".repeat(columns.length)}|`,
    ...evaluations.map(
      ({ options: { sampler }, nfe, metrics }) => `| ${sampler} | ${nfe} | ${metrics.map(withInterval).join(" | ")} |`,
    ),
    `| real text (floor) | | ${evaluations[0].metrics.map(({ floor }) => (floor === null ? "" : figure(floor))).join(" | ")} |`,
  ],
  metrics: { likelihood, evaluations },
});
process.stdout.write(`${path}\n`);
await model.release();
