import { systematic } from "./batches.js";
import type { ImageDataset } from "./dataset.js";

/**
 * The data with another mixture of training images: image i stands in it in proportion to `weights[i]`, as often as
 * whole numbers allow, and there are as many as before. What draws classes, all alike before, draws each by its share of
 * the weights. Test images, record and names stay. Every recipe learns from it as from any other data.
 * @throws where the weights are not one for each image, or no numbers of at least 0 with a sum above 0.
 */
export function reweighted(dataset: ImageDataset, weights: ArrayLike<number>): ImageDataset {
  const { train, classNames } = dataset;
  const { count, pixels, labels } = train;
  if (weights.length !== count)
    throw new Error(`${count} training images have as many weights, got ${weights.length}.`);
  let sum = 0;
  for (let i = 0; i < count; i++) {
    if (!(weights[i] >= 0 && Number.isFinite(weights[i])))
      throw new Error(`The weight of image ${i} must be a number of at least 0, got ${weights[i]}.`);
    sum += weights[i];
  }
  if (sum === 0) throw new Error("The weights of the training images are all 0; at least one must be above.");
  // Images of one class and weight side by side, so that not only each image but each class has its share
  const order = Uint32Array.from({ length: count }, (_, i) => i);
  order.sort((a, b) => (labels ? labels[a] - labels[b] : 0) || weights[a] - weights[b] || a - b);
  const shares = Float64Array.from(order, (row) => weights[row] / sum);
  const rows = systematic(shares, count, 0.5)
    .map((at) => order[at])
    .sort();
  const size = pixels.length / count;
  const mixed = new Uint8Array(pixels.length);
  for (let i = 0; i < count; i++) mixed.set(pixels.subarray(rows[i] * size, (rows[i] + 1) * size), i * size);
  const classWeights = labels && classNames?.map((_, label) => sumOf(weights, labels, label) / sum);
  return {
    ...dataset,
    ...(classWeights && { classWeights }),
    train: { ...train, pixels: mixed, labels: labels && Uint16Array.from(rows, (row) => labels[row]) },
  };
}

function sumOf(weights: ArrayLike<number>, labels: Uint16Array, label: number): number {
  let sum = 0;
  for (let i = 0; i < labels.length; i++) if (labels[i] === label) sum += weights[i];
  return sum;
}
