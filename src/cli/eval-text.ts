import { resolveText, type TextOptions } from "../data/index.js";
import { many } from "../io/show.js";
import { LanguageModel } from "../judges/language-model/model.js";
import { evaluateLikelihood, evaluateText, measureTextReference, type TextEvaluation } from "../judges/text.js";
import type { MetricReport } from "../metrics/index.js";
import type { TextGenerator } from "../models/generator.js";
import { downloadProgress } from "./data.js";
import { type EvalCommand, stepsAsked } from "./eval-command.js";
import { dataOf, readingOf, requireTrainedOn } from "./model-data.js";
import { opening } from "./models.js";
import { checked, printJson, say, showMetrics, UsageError } from "./output.js";

/** What `--json` prints: the test text's likelihood, and the samples at each number of steps. */
export interface TextEvaluations {
  likelihood: MetricReport[];
  samples: TextEvaluation[];
}

/** How the text was read that the model learnt, where it is measured on that. */
function readAs({ lines, config }: TextGenerator, other: string | undefined): TextOptions {
  const { encoding, longLines } = other === undefined ? readingOf(config) : {};
  return { lines, ...(encoding && { encoding }), ...(lines && longLines && { longLines }) };
}

/** Measures a model of text: its bound on the test text's bits per character, and its samples under a judge. */
export async function evalTextCommand(location: string, model: TextGenerator, command: EvalCommand): Promise<void> {
  const { count = 256, steps, seed, judge: judgeAt, device, json, options = {} } = command;
  for (const option of ["neighbours", "features"] as const)
    if (command[option] !== undefined) throw new UsageError(`${location} draws text; leave out --${option}.`);
  const asked = stepsAsked(options, seed, steps).map((sample) => ({ ...sample, count }));
  const judge =
    judgeAt === undefined
      ? undefined
      : await opening((onProgress) => LanguageModel.load(judgeAt, { device, onProgress }));
  const { onProgress, stop } = downloadProgress();
  try {
    const data = await dataOf(model.config, command.data);
    for (const sample of asked) await checked(() => model.cost(sample));
    const dataset = await resolveText(data, { ...readAs(model, command.data), onProgress });
    await requireTrainedOn(model.config, location, { report: dataset.report, asked: command.data });
    const reference = await measureTextReference(model, dataset, judge);
    const likelihood = await evaluateLikelihood(model, reference, { seed });
    if (!json) {
      say(`${model.config.name}: test text of ${dataset.id}`);
      showMetrics(likelihood);
    }
    const samples: TextEvaluation[] = [];
    for (const sample of asked) {
      const evaluation = await evaluateText(model, reference, { sample });
      samples.push(evaluation);
      if (!json) {
        const { nfe, options } = evaluation;
        const { sampler = "ancestral", nucleus = 1 } = options;
        say(
          `${many(count, "sample")} of ${many(nfe, "network evaluation")} each, sampler ${sampler}, nucleus ${nucleus}`,
        );
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
