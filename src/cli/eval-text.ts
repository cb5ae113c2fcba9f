import { resolveText } from "../data/index.js";
import { LanguageModel } from "../judges/language-model/model.js";
import { evaluateLikelihood, evaluateText, measureTextReference, type TextEvaluation } from "../judges/text.js";
import type { TextModel } from "../methods/discrete/text-model.js";
import type { MetricReport } from "../metrics/index.js";
import { downloadProgress } from "./data.js";
import type { EvalCommand } from "./eval.js";
import { dataOf, opening } from "./models.js";
import { checked, printJson, say, showMetrics, UsageError } from "./output.js";

/** What `--json` prints: the test text's likelihood, and the samples at each number of steps. */
export interface TextEvaluations {
  likelihood: MetricReport[];
  samples: TextEvaluation[];
}

/** Measures a model of text: its bound on the test text's bits per character, and its samples under a judge. */
export async function evalTextCommand(location: string, model: TextModel, command: EvalCommand): Promise<void> {
  const { count = 256, steps, sampler, nucleus, seed, judge: judgeAt, device, json } = command;
  for (const [option, value] of Object.entries({ guidance: command.guidance, neighbours: command.neighbours }))
    if (value !== undefined) throw new UsageError(`${location} is a model of text; leave out --${option}.`);
  const judge =
    judgeAt === undefined
      ? undefined
      : await opening((onProgress) => LanguageModel.load(judgeAt, { device, onProgress }));
  const { onProgress, stop } = downloadProgress();
  try {
    const data = dataOf(model.config, command.data);
    const options = { count, sampler: sampler as never, nucleus, seed };
    for (const step of steps ?? [undefined]) await checked(() => model.check({ ...options, steps: step }));
    const dataset = await resolveText(data, { lines: model.lines, onProgress });
    const reference = await measureTextReference(model, dataset, judge);
    const likelihood = await evaluateLikelihood(model, reference, { seed });
    if (!json) {
      say(`${model.config.name}: test text of ${dataset.id}`);
      showMetrics(likelihood);
    }
    const samples: TextEvaluation[] = [];
    for (const step of steps ?? [64]) {
      const evaluation = await evaluateText(model, reference, { ...options, steps: step });
      samples.push(evaluation);
      if (!json) {
        const { nfe, sampler, nucleus } = evaluation;
        say(`${count} samples of ${nfe} network evaluations each, sampler ${sampler}, nucleus ${nucleus}`);
        showMetrics(evaluation.metrics);
      }
    }
    if (json) printJson({ likelihood, samples } satisfies TextEvaluations);
  } finally {
    stop();
    await judge?.release();
    await model.release();
  }
}
