/**
 * Writes the card of a shipped model of images from a fresh measurement: `npm run card -- <name> [count]`. The section
 * "Limits" of an existing card is kept; everything above it is written anew.
 */

import { join } from "node:path";
import { resolveDataset } from "../src/data/index.js";
import { quantised } from "../src/data/tokens/pixels.js";
import { channelNames } from "../src/io/channels.js";
import { saveGrid } from "../src/io/index.js";
import { extractorFor, otherClassifiers } from "../src/judges/extractors/index.js";
import {
  type Evaluation,
  evaluateModel,
  evaluateReconstruction,
  measureReference,
  nearestTraining,
} from "../src/judges/images/index.js";
import { loadModel } from "../src/methods/load.js";
import { imageSize } from "../src/models/files.js";
import { figure, metricTable, writeCard } from "./card.js";

const [name, countText = "10000"] = process.argv.slice(2);
if (!name) throw new Error("usage: npm run card -- <model> [samples]");
const count = Number(countText);
const folder = join(import.meta.dirname, "../models", name);
const model = await loadModel(folder, { kind: "image" });
const { classNames, training, method } = model.config;
const image = imageSize(model.config);
const images = await resolveDataset(String(training.data));
const dataset = model.levels ? quantised(images, model.levels) : images;
const extractor = await extractorFor("classifier", dataset);
const others = await otherClassifiers(dataset);
const reference = await measureReference(dataset, extractor, { others });

/** Numbers of steps that a method's cards show, which of them draws the pictures, and what the method is. */
const shown: Record<string, { steps: (number | undefined)[]; best?: number; what: string }> = {
  drifting: { steps: [undefined], what: "drifting model, one network evaluation per image" },
  sphere: {
    steps: [1, 2, 4, 8],
    best: 4,
    what: "Sphere Encoder, one decoding per image and a few refinements; it edits pictures as well",
  },
  discrete: {
    steps: [8, 16, 32, 64, 128],
    best: 64,
    what: "discrete diffusion of pixel levels, many evaluations per image; ancestral sampling",
  },
  flow: { steps: [1, 2, 4, 8, 16, 50], best: 50, what: "flow matching, many evaluations per image (the baseline)" },
};
const { steps: stepsToShow, best, what } = shown[method];
const evaluations: Evaluation[] = [];
for (const steps of stepsToShow)
  evaluations.push(await evaluateModel(model, reference, { sample: { count, ...(steps && { steps }) } }));
const reconstruction = await evaluateReconstruction(model, reference);

const columns = (classNames?.length ?? 0) > 20 ? 4 : 10;
const perClass = await model.sample({
  count: Math.max(1, classNames?.length ?? 8) * columns,
  ...(classNames && { label: classNames.flatMap((c) => new Array<string>(columns).fill(c)) }),
  ...(best && { steps: best }),
  seed: 1,
});
await saveGrid(join(folder, "samples.png"), perClass.pixels, perClass.shape, { columns, scale: 2 });
const few = await model.sample({ count: 20, seed: 2, ...(best && { steps: best }) });
const pairs = await nearestTraining(few, reference, { neighbours: 4 });
await saveGrid(
  join(folder, "neighbours.png"),
  pairs.pixels,
  [20 * pairs.columns, image.channels, image.height, image.width],
  { columns: 2 * pairs.columns, scale: 2 },
);

const pick = (evaluation: Evaluation, start: string) =>
  figure(evaluation.metrics.find((m) => m.name.startsWith(start))?.value ?? Number.NaN);
const floorOf = (evaluation: Evaluation, start: string) => {
  const floor = evaluation.metrics.find((m) => m.name.startsWith(start))?.floor;
  return floor === null || floor === undefined ? "" : figure(floor);
};
const brief = [
  "Fréchet distance on classifier",
  "Fréchet distance on pixel PCA",
  "Fréchet distance over real against real",
  "Precision",
  "Recall",
  "Coverage",
  "Accuracy",
];

const path = await writeCard(folder, {
  config: model.config,
  name,
  what: `${classNames ? "Class-conditional" : "Unconditional"} ${image.width}×${image.height} images, ${channelNames[image.channels]}; ${what}.`,
  shown: ["![samples, one row per class](samples.png)"],
  data: { ...dataset, size: `${dataset.train.count} training images` },
  measured: [
    `\`fewstep eval ${name} --count ${count}${evaluations.length > 1 ? ` --steps ${stepsToShow.join(",")}` : ""}\` against all ${dataset.test.count} test images${model.levels ? `, rounded to ${model.levels} levels` : ""}, samples with the classes of the test images, rounded to bytes, no guidance. The classifier (\`classifier-${dataset.id}\`) is used for nothing else. Not comparable with FID.`,
    "",
    ...(evaluations.length > 1
      ? [
          `| steps | evaluations | ${brief.join(" | ")} |`,
          `|---|---${"|---".repeat(brief.length)}|`,
          ...evaluations.map(
            (e, i) => `| ${stepsToShow[i]} | ${e.nfe} | ${brief.map((b) => pick(e, b)).join(" | ")} |`,
          ),
          `| real training images (floor) | | ${brief.map((b) => floorOf(evaluations[0], b)).join(" | ")} |`,
        ]
      : metricTable(evaluations[0].metrics)),
    ...(reconstruction
      ? ["", "Test images, encoded and decoded without noise and without class:", "", ...metricTable(reconstruction)]
      : []),
    "",
    "## Nearest training images",
    "",
    "Each sample is followed by its four nearest training images in the classifier's feature space.",
    "",
    "![samples and their nearest training images](neighbours.png)",
  ],
  metrics: evaluations,
});
process.stdout.write(`${path}\n`);
for (const one of [extractor, ...others]) await one?.release();
await model.release();
