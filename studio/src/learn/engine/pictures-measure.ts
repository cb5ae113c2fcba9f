import { Random } from "fewstep/core";
import {
  bootstrapFrechet,
  type Features,
  features,
  firstRows,
  fitPca,
  frechetTo,
  gaussianStatistics,
  type Interval,
  pcaFeatures,
  realVsReal,
} from "fewstep/metrics";
import { type ImageDataset, type ImageSplit, toFloat } from "fewstep/training";

/** A Fréchet distance on principal components of the pixels, to pictures that were held out. */
export interface Measured {
  distance: number;
  /** 95 %, over the samples drawn. */
  interval: Interval;
  /** What as many real pictures would score (all that were learnt from, where there are fewer). */
  floor: number;
}

/** Samples that are measured. */
export const SAMPLES = 500;
const COMPONENTS = 32;
const FITTED = 1500;
const HELD_OUT = 1000;
/** Numbers of a picture at most, above which neighbouring pixels are averaged: the covariance is their square. */
const NUMBERS = 800;

/** How samples [500, channels, height, width] of a set of pictures are measured. */
export function pixelMeasure(dataset: ImageDataset): (pixels: Float32Array) => Measured {
  const { train, test, channels, height } = dataset;
  const factor = [1, 2, 4].find((f) => channels * (height / f) ** 2 <= NUMBERS) ?? 4;
  const small = (pixels: Float32Array) => features(averaged(pixels, height, factor), channels * (height / factor) ** 2);
  const some = (split: ImageSplit, most: number) => {
    const n = Math.min(most, split.count);
    return small(
      toFloat(
        split,
        Array.from({ length: n }, (_, i) => Math.floor((i * split.count) / n)),
      ),
    );
  };
  const real = some(train, FITTED);
  const pca = fitPca(real, { components: COMPONENTS, iterations: 20 });
  const coordinates = (set: Features) => pcaFeatures(pca, set);
  const reference = coordinates(some(test, HELD_OUT));
  const distance = frechetTo(reference);
  const random = new Random(0, "floor");
  const floor = realVsReal(distance, { train: coordinates(real), reference, count: SAMPLES, random });
  return (pixels) => {
    const samples = coordinates(firstRows(small(pixels), SAMPLES));
    return {
      distance: distance(gaussianStatistics(samples)),
      interval: bootstrapFrechet(samples, distance, { resamples: 25, random: new Random(0, "resamples") }),
      floor,
    };
  };
}

/** Square pictures of side `size`, plane by plane, with the means of factor×factor pixels. */
function averaged(pixels: Float32Array, size: number, factor: number): Float32Array {
  if (factor === 1) return pixels;
  const side = size / factor;
  const planes = pixels.length / size ** 2;
  const out = new Float32Array(planes * side * side);
  for (let plane = 0; plane < planes; plane++)
    for (let y = 0; y < size; y++)
      for (let x = 0; x < size; x++)
        out[(plane * side + Math.floor(y / factor)) * side + Math.floor(x / factor)] +=
          pixels[(plane * size + y) * size + x] / factor ** 2;
  return out;
}
