import { resolve } from "node:path";
import { saveGrid } from "../io/index.js";
import { many } from "../io/show.js";
import { judgesFor } from "../judges/extractors/index.js";
import {
  type Evaluation,
  evaluateModel,
  evaluateReconstruction,
  measureReference,
  nearestTraining,
  type Reference,
  requireSameSize,
} from "../judges/images/index.js";
import type { ImageGenerator, SampleOptions } from "../models/generator.js";
import { requireAlone } from "./alone.js";
import { answersQuestions } from "./answerer.js";
import { downloadProgress } from "./data.js";
import { type EvalCommand, stepsAsked } from "./eval-command.js";
import type { Hands } from "./hands.js";
import { asDrawn, imagesFor } from "./model-data.js";
import { openModel } from "./models.js";
import { requireSheetName } from "./numbered.js";
import { checked, printJson, say, showMetrics, UsageError } from "./output.js";
import { together } from "./together.js";

/**
 * Measures a model, at one or several numbers of steps, against the test images of its data. With `json`, prints one
 * `Evaluation`, or a list of them for several numbers of steps.
 */
export const evalCommand = (location: string, command: EvalCommand): Promise<void> =>
  together({ location, command }, (hands) => measure(location, command, hands));

async function measure(location: string, command: EvalCommand, hands: Hands): Promise<void> {
  if (await answersQuestions(location, command)) {
    requireAlone("eval of a model that answers");
    const { evalAnswersCommand } = await import("./eval-answers.js");
    return evalAnswersCommand(location, command);
  }
  const model = await openModel(location, command.device, command.checkpoint, hands);
  if (model.kind === "text") {
    const { evalTextCommand } = await import("./eval-text.js");
    return evalTextCommand(location, model, command);
  }
  if (model.kind === "motion") {
    const { evalMotionCommand } = await import("./eval-motion.js");
    return evalMotionCommand(location, model, command);
  }
  if (model.kind === "gesture") {
    const { evalGestureCommand } = await import("./eval-gesture.js");
    return evalGestureCommand(location, model, command);
  }
  const { features = "classifier", count = 10_000, steps, seed, neighbours, device, json, options = {} } = command;
  if (count < 100) throw new UsageError(`--count must be a whole number of at least 100 images, got ${count}.`);
  if (command.judge !== undefined) throw new UsageError(`${location} draws images; leave out --judge.`);
  if (neighbours !== undefined) requireSheetName(neighbours);
  const asked = stepsAsked(options, seed, steps);
  const { onProgress, stop } = downloadProgress();
  try {
    for (const sample of asked) await checked(() => model.cost(sample));
    const dataset = asDrawn(model, await imagesFor(model, location, command.data, onProgress));
    requireSameSize(model, dataset);
    const own = await judgesFor(features, dataset, { device, onProgress });
    const [extractor = null, ...others] = await hands.judges(own, { features, data: dataset, device });
    try {
      if (!json) say(`Measuring real images of ${dataset.id} …`);
      if (extractor && !json) say(`Features: ${extractor.name}; ${extractor.preprocessing}.`);
      if (others.length > 0 && !json)
        say(`Judges that learnt from other data: ${others.map(({ name }) => name).join(", ")}.`);
      const reference = await measureReference(dataset, extractor, { limit: count, others, onProgress });
      const { length } = reference.testRows;
      if (length < FEW)
        say(`Only ${many(length, "test image")}: figures of so few are mostly chance. Compare them with the floors.`);
      const evaluations: Evaluation[] = [];
      const reconstruction = await evaluateReconstruction(model, reference, seed);
      if (reconstruction && !json) {
        say(`${model.config.name}: ${many(reconstruction[0].n, "test image")}, encoded and decoded`);
        showMetrics(reconstruction);
      }
      for (const sample of asked) {
        const evaluation = await evaluateModel(model, reference, { sample: { ...sample, count } });
        evaluations.push(reconstruction ? { ...evaluation, reconstruction } : evaluation);
        if (!json) show(evaluation);
      }
      if (neighbours !== undefined) await saveNeighbours(neighbours, model, reference, asked[0]);
      if (json) printJson(evaluations.length === 1 ? evaluations[0] : evaluations);
    } finally {
      for (const one of [extractor, ...others]) await one?.release();
    }
  } finally {
    stop();
    await model.release();
  }
}

const SAMPLES_ON_SHEET = 16;
/** Test images below which a warning is due: fewer than the dimensions that a Fréchet distance estimates. */
const FEW = 256;

async function saveNeighbours(
  out: string,
  model: ImageGenerator,
  reference: Reference,
  options: SampleOptions,
): Promise<void> {
  const images = await model.sample({ ...options, count: SAMPLES_ON_SHEET });
  const { pixels, columns } = await nearestTraining(images, reference);
  const path = resolve(out);
  const [count, ...image] = images.shape;
  await saveGrid(path, pixels, [count * columns, ...image], { columns, scale: images.height <= 32 ? 2 : 1 });
  say(`Samples (left) and their nearest training images: ${path}`);
}

function show({ model, data, count, nfe, metrics }: Evaluation): void {
  say(`${model}: ${many(count, "sample")} of ${many(nfe, "network evaluation")} each, against ${data}`);
  showMetrics(metrics);
}
