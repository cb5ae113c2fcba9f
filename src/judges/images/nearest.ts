import { type Progress, toFloat } from "../../data/index.js";
import { requireKnown } from "../../io/known.js";
import { OptionError } from "../../io/wrong-use.js";
import type { Images } from "../../media/images.js";
import { features, nearestNeighbours } from "../../metrics/index.js";
import { Random } from "../../random/index.js";
import { chunkOf } from "../extractors/extractor.js";
import { extractSplit, WIDE } from "./chunks.js";
import type { Reference } from "./reference.js";
import { requireComparable, roundToBytes } from "./sizes.js";

/** Rows of a sheet that shows whether anything is copied. */
export interface NeighbourSheet {
  /** [count · columns, channels, height, width] in [−1, 1]: each sample, then its nearest training images. */
  pixels: Float32Array;
  columns: number;
  /** Distances in feature space, nearest first: [count, neighbours]. */
  distances: Float64Array;
}

export interface NeighbourOptions {
  /** Training images beside each sample; default 5, or as many as there are. */
  neighbours?: number;
  /** Training images that are searched; default all, with wide features 10,000. */
  among?: number;
  onProgress?: Progress;
  /** Aborting ends the work between two of its parts; the promise rejects with the signal's reason. */
  signal?: AbortSignal;
}

/** Samples and, beside each, its nearest training images in the reference's first feature space. */
export async function nearestTraining(
  images: Images,
  { dataset, spaces: [{ extractor }] }: Pick<Reference, "dataset" | "spaces">,
  options: NeighbourOptions = {},
): Promise<NeighbourSheet> {
  requireComparable(images, dataset);
  const { train } = dataset;
  requireKnown("nearestTraining", options, ["neighbours", "among", "onProgress", "signal"]);
  const { among = extractor.dim > WIDE ? 10_000 : train.count, onProgress, signal } = options;
  if (!(Number.isInteger(among) && among >= 1))
    throw new OptionError(`among must be a whole number of at least 1, got ${among}.`);
  const rows = new Random(0, "train").permutation(train.count).slice(0, among);
  const { neighbours = Math.min(5, rows.length) } = options;
  if (!(Number.isInteger(neighbours) && neighbours >= 1 && neighbours <= rows.length))
    throw new Error(
      `neighbours must be 1 to ${rows.length}, the training images that are searched; got ${neighbours}.`,
    );
  const found = await extractor.extract(roundToBytes(images.pixels), images.count, { signal });
  const own = features(found.features, extractor.dim);
  const best = Array.from({ length: images.count }, () => [] as { row: number; distance: number }[]);
  const most = chunkOf(extractor);
  for (let at = 0; at < rows.length; at += most) {
    const chunk = rows.subarray(at, at + most);
    const { values } = await extractSplit(extractor, train, chunk, signal);
    const k = Math.min(neighbours, chunk.length);
    const { indices, distances } = nearestNeighbours(own, features(values, extractor.dim), k);
    for (const [i, list] of best.entries()) {
      for (let j = i * k; j < (i + 1) * k; j++) list.push({ row: chunk[indices[j]], distance: distances[j] });
      list.sort((a, b) => a.distance - b.distance).splice(neighbours);
    }
    onProgress?.({ task: "nearest training images", done: at + chunk.length, total: rows.length, unit: "images" });
  }
  const size = images.pixels.length / images.count;
  const columns = neighbours + 1;
  const pixels = new Float32Array(images.count * columns * size);
  for (const [i, list] of best.entries()) {
    pixels.set(images.pixels.subarray(i * size, (i + 1) * size), i * columns * size);
    const nearest = toFloat(
      train,
      list.map(({ row }) => row),
    );
    pixels.set(nearest, (i * columns + 1) * size);
  }
  return {
    pixels,
    columns,
    distances: Float64Array.from(best.flatMap((list) => list.map(({ distance }) => distance))),
  };
}
