import { type ImageDataset, resolveDataset, toFloat } from "../src/data/index.js";
import { extractorFor } from "../src/judges/extractors/index.js";
import { evaluateImages, measureReference, type Reference } from "../src/judges/images/index.js";
import { Images, joinImages } from "../src/media/images.js";
import { loadModel } from "../src/methods/load.js";
import type { Exemplars } from "../src/models/exemplars.js";
import { imageSize } from "../src/models/files.js";
import type { ImageGenerator } from "../src/models/generator.js";
import { Random } from "../src/random/index.js";
import { damages, nearestExemplars, psnr } from "./damage.js";
import { type BenchOptions, load, machine, round, table } from "./report.js";

/** Pictures that drift together, where nothing else is said. */
const TOGETHER = 100;
/** Exemplars as the edit has them by default. */
const EXEMPLARS = 2000;
const STEPS = [1, 3, 10];

interface Row {
  name: string;
  /** Against the originals, of damaged pictures. */
  psnr?: number;
  frechet: number;
  pca: number;
  precision: number;
  recall: number;
  accuracy: number;
  sharpness: number;
  /** Of wall time for each picture. */
  ms?: number;
}

/**
 * Drift at inference with the shipped drifting models, on their own samples and on damaged test pictures. The field is
 * computed on pixels, so that the classifier's features judge it and the pixels' principal components only describe it.
 * `quick`: 200 samples and 100 damaged pictures instead of 2,000 and 500.
 */
export async function run({ quick, threads, names, note }: BenchOptions) {
  const models = [];
  for (const name of names.length > 0 ? names : ["drifting-fashion", "drifting-emoji", "drifting-cifar10"]) {
    const model = await loadModel(name, { kind: "image", threads });
    const { height, width, channels } = imageSize(model.config);
    const dataset = await resolveDataset(String(model.config.training.data), { size: [height, width], channels });
    const extractor = await extractorFor("classifier", dataset, { threads });
    const measure = (limit: number) => measureReference(dataset, extractor, { limit, trainLimit: limit });
    note(`${name}: samples`);
    const samples = await refineSamples(model, dataset, await measure(quick ? 200 : 2000), note);
    note(`${name}: damaged pictures`);
    const repairs = await repair(model, dataset, await measure(quick ? 100 : 500), note);
    models.push({ name, data: dataset.id, samples, repairs });
    await extractor?.release();
    await model.release();
  }
  return { machine: machine(), threads, load: load(), models };
}

/** Samples of the test images' classes, and the same after drifting towards training images of their class. */
async function refineSamples(
  model: ImageGenerator,
  dataset: ImageDataset,
  reference: Reference,
  note: BenchOptions["note"],
) {
  const { exemplars, classNames } = describe(dataset);
  const labels = [...(reference.testLabels ?? [])].sort((a, b) => a - b);
  const start = await model.sample({ count: labels.length, label: labels, seed: 1 });
  const rows: Row[] = [await judge("unrefined", start, reference)];
  note(JSON.stringify(rows[0]));
  for (const steps of STEPS) {
    const began = performance.now();
    const parts: Images[] = [];
    for (const [label] of (classNames ?? []).entries())
      for (const pictures of groups(start, TOGETHER, (i) => labels[i] === label))
        parts.push((await model.edits!.refine.run({ pictures, exemplars }, { steps, label })) as Images);
    const ms = (performance.now() - began) / start.count;
    rows.push({ ...(await judge(`${steps} updates`, joinImages(parts), reference)), ms: round(ms) });
    note(JSON.stringify(rows.at(-1)));
  }
  return { count: start.count, floors: await floors(start, reference), rows };
}

/** Test pictures, damaged, and what repairs make of them. The class is not given. */
async function repair(model: ImageGenerator, dataset: ImageDataset, reference: Reference, note: BenchOptions["note"]) {
  const { exemplars } = describe(dataset);
  const original = testImages(dataset, reference);
  const some = toFloat(dataset.train, new Random(0, "exemplars").permutation(dataset.train.count).slice(0, EXEMPLARS));
  const result: Record<string, Row[]> = { none: [await judge("test pictures", original, reference)] };
  for (const [name, damage] of Object.entries(damages)) {
    note(name);
    const { damaged, baseline, mask } = damage(original);
    const rows: Row[] = [];
    const add = async (what: string, images: Images, ms?: number) => {
      rows.push({ ...(await judge(what, images, reference)), psnr: round(psnr(images, original), 4), ms });
      note(JSON.stringify(rows.at(-1)));
    };
    await add("damaged", damaged);
    await add(baseline.name, baseline.images);
    await add("nearest exemplar", nearestExemplars(damaged, some, mask));
    const drift = async (pictures: Images, temperature: number) => {
      const input = { pictures, exemplars, ...(mask && { mask }) };
      return (await model.edits![mask ? "inpaint" : "refine"].run(input, { temperatures: [temperature] })) as Images;
    };
    for (const [together, temperature] of [
      [TOGETHER, 0.05],
      [TOGETHER, 0.2],
      [10, 0.05],
    ]) {
      const began = performance.now();
      const parts: Images[] = [];
      for (const pictures of groups(damaged, together)) parts.push(await drift(pictures, temperature));
      const ms = round((performance.now() - began) / original.count);
      await add(`drift, ${together} together, T = ${temperature}`, joinImages(parts), ms);
    }
    result[name] = rows;
  }
  return { count: original.count, rows: result };
}

const describe = ({ train, classNames }: ImageDataset): { exemplars: Exemplars; classNames: string[] | null } => ({
  exemplars: { split: train, classNames },
  classNames,
});

function testImages({ test, channels, height, width }: ImageDataset, { testRows, testLabels }: Reference): Images {
  const labels = testLabels && Int32Array.from(testLabels);
  return new Images(toFloat(test, testRows), testRows.length, channels, height, width, labels);
}

/** The pictures that are wanted, so many at a time. */
function* groups(images: Images, most: number, wanted: (index: number) => boolean = () => true): Generator<Images> {
  const { pixels, count, channels, height, width, labels } = images;
  const size = pixels.length / count;
  const chosen = Array.from({ length: count }, (_, i) => i).filter(wanted);
  for (let at = 0; at < chosen.length; at += most) {
    const part = chosen.slice(at, at + most);
    const own = new Float32Array(part.length * size);
    part.forEach((row, i) => void own.set(pixels.subarray(row * size, (row + 1) * size), i * size));
    yield new Images(own, part.length, channels, height, width, labels && Int32Array.from(part, (row) => labels[row]));
  }
}

const find = async (images: Images, reference: Reference) => {
  const metrics = await evaluateImages(images, reference, { resamples: 0, metrics: ["frechet", "prdc"] });
  const of = (start: string) => metrics.find(({ name }) => name.startsWith(start));
  return {
    frechet: of("Fréchet distance on classifier"),
    pca: of("Fréchet distance on pixel PCA"),
    precision: of("Precision"),
    recall: of("Recall"),
    accuracy: of("Accuracy"),
    sharpness: of("Sharpness"),
  };
};

const figures = (found: Awaited<ReturnType<typeof find>>, part: "value" | "floor") =>
  Object.fromEntries(Object.entries(found).map(([key, report]) => [key, round(report?.[part] ?? Number.NaN)])) as Omit<
    Row,
    "name"
  >;

const judge = async (name: string, images: Images, reference: Reference): Promise<Row> => ({
  name,
  ...figures(await find(images, reference), "value"),
});

/** The same of real images against real ones. */
const floors = async (images: Images, reference: Reference): Promise<Row> => ({
  name: "real against real",
  ...figures(await find(images, reference), "floor"),
});

const show1 = (rows: readonly Row[]) =>
  table(
    ["", "PSNR", "Fréchet", "on pixel PCA", "precision", "recall", "accuracy", "sharpness", "ms each"],
    rows.map((r) => [
      r.name,
      r.psnr ?? "",
      r.frechet,
      r.pca,
      r.precision,
      r.recall,
      r.accuracy,
      r.sharpness,
      r.ms ?? "",
    ]),
  );

export const show = ({ models }: Awaited<ReturnType<typeof run>>): string =>
  models
    .flatMap(({ name, samples, repairs }) => [
      `${name}, ${samples.count} samples`,
      show1([samples.floors, ...samples.rows]),
      ...Object.entries(repairs.rows).flatMap(([damage, rows]) => [
        `${name}, ${repairs.count}: ${damage}`,
        show1(rows),
      ]),
    ])
    .join("\n");
