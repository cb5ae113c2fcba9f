import { Random } from "fewstep/core";
import { type DriftingSettings, driftingFor, driftingPresets, type ImageDataset } from "fewstep/training";

/** Pictures to learn from, decoded and of one size. */
export interface PicturesData {
  /** [count, channels, size, size] in [−1, 1]. */
  pixels: Float32Array;
  count: number;
  channels: 1 | 3;
  /** Side of a picture, a multiple of 4 from 8 to 64. */
  size: number;
  /** Class of each picture, and the names of the classes: of its folder, say. */
  labels?: ArrayLike<number>;
  classNames?: readonly string[];
  /** What the model will be called. */
  name: string;
  licence?: string;
  attribution?: string;
}

export const FEWEST = 20;

/**
 * The pictures as a data set: a tenth, drawn from every class, is held out to measure with.
 * @throws where the numbers do not fit each other, a pixel is outside [−1, 1], or there are fewer than 20 pictures.
 */
export function pictureDataset(data: PicturesData): ImageDataset {
  check(data);
  const { count, channels, size, labels, classNames, name, licence = "unknown", attribution = "" } = data;
  // By class, at random within each: every tenth place then has every class its share
  const order = [...new Random(0, "held out").permutation(count)].sort(
    (a, b) => (labels?.[a] ?? 0) - (labels?.[b] ?? 0),
  );
  const isTest = (place: number) => place % 10 === 9;
  const test = order.filter((_, place) => isTest(place));
  const train = order.filter((_, place) => !isTest(place));
  const split = (rows: number[]) => ({
    count: rows.length,
    channels,
    pixels: bytes(data, rows),
    labels: labels && classNames ? Uint16Array.from(rows, (i) => labels[i]) : null,
  });
  return {
    id: name,
    kind: "images",
    height: size,
    width: size,
    channels,
    classNames: labels && classNames ? [...classNames] : null,
    train: split(train),
    test: split(test),
    licence,
    attribution,
  };
}

/** Rows as bytes [n, size, size, channels]. */
function bytes({ pixels, channels, size }: PicturesData, rows: number[]): Uint8Array {
  const area = size * size;
  const out = new Uint8Array(rows.length * channels * area);
  let at = 0;
  for (const row of rows)
    for (let p = 0; p < area; p++)
      for (let c = 0; c < channels; c++) out[at++] = Math.round((pixels[(row * channels + c) * area + p] + 1) * 127.5);
  return out;
}

function check({ pixels, count, channels, size, labels, classNames, name }: PicturesData): void {
  if (!(Number.isInteger(count) && count >= FEWEST))
    throw new Error(`A generator learns from at least ${FEWEST} pictures, got ${count}.`);
  if (channels !== 1 && channels !== 3) throw new Error(`Pictures have 1 or 3 channels, got ${channels}.`);
  if (!(Number.isInteger(size) && size % 4 === 0 && size >= 8 && size <= 64))
    throw new Error(`The side of a picture is a multiple of 4 from 8 to 64, got ${size}.`);
  if (pixels.length !== count * channels * size * size)
    throw new Error(
      `${count} pictures of ${size}×${size}×${channels} have ${count * channels * size * size} numbers, got ${pixels.length}.`,
    );
  const bad = pixels.findIndex((value) => !(value >= -1 && value <= 1));
  if (bad >= 0)
    throw new Error(
      `Pixels are numbers in [−1, 1], got ${pixels[bad]} in picture ${Math.floor(bad / (pixels.length / count))}.`,
    );
  if (name.trim() === "") throw new Error("The pictures need a name: their model will carry it.");
  if (Boolean(labels) !== Boolean(classNames)) throw new Error("Labels and class names come together, or not at all.");
  if (!labels || !classNames) return;
  if (labels.length !== count) throw new Error(`${count} pictures have as many labels, got ${labels.length}.`);
  for (let i = 0; i < count; i++)
    if (!(Number.isInteger(labels[i]) && labels[i] >= 0 && labels[i] < classNames.length))
      throw new Error(`Picture ${i} has the class ${labels[i]}, and there are ${classNames.length}.`);
}

/** The classes that there are pictures of. */
export const presentClasses = ({ train }: ImageDataset): Int32Array =>
  Int32Array.from(new Set(train.labels ?? [])).sort();

/** Generated pictures of a step in the latent space, and of one on pixels, whatever the number of classes. */
const PER_STEP = { latent: 480, joint: 160 };

export interface PageSettings {
  /** A whole number; the same seed trains the same network. */
  seed: number;
  /** Times the steps of the preset `page`, above 0 and at most 10: how long it trains. */
  effort: number;
}
export const picturesDefaults: PageSettings = { seed: 1, effort: 1 };

/** The preset `page` for these pictures: as much work a step with few classes as with many. */
export function pageSettings(dataset: ImageDataset, { seed, effort }: PageSettings): DriftingSettings {
  if (!Number.isSafeInteger(seed)) throw new Error(`seed must be a whole number, got ${seed}.`);
  if (!(effort > 0 && effort <= 10)) throw new Error(`effort must be a number above 0 and at most 10, got ${effort}.`);
  const page = driftingFor(driftingPresets.page, dataset);
  const present = Math.max(1, presentClasses(dataset).length);
  const groupsOf = (groups: number) => Math.min(groups, present);
  const samples = (all: number, groups: number) => Math.max(2, Math.round(all / groupsOf(groups)));
  const steps = (preset: number) => Math.max(1, Math.round(preset * effort));
  return {
    ...page,
    seed,
    autoencoder: { ...page.autoencoder, steps: steps(page.autoencoder.steps) },
    latentStage: {
      ...page.latentStage,
      steps: steps(page.latentStage.steps),
      samples: samples(PER_STEP.latent, page.latentStage.groups),
    },
    jointStage: {
      ...page.jointStage,
      steps: steps(page.jointStage.steps),
      samples: samples(PER_STEP.joint, page.jointStage.groups),
    },
  };
}
