import { forEachDistanceRow } from "./distances.js";
import { type Features, type RandomSource, requireCount } from "./features.js";

const ROUNDS = 30;
/** Beginnings that are tried: a bad one can join two heaps for good. */
const STARTS = 4;

const leastOf = (squared: Float64Array): number => squared.reduce((least, d) => Math.min(least, d));

/** The nearest of `centres` to each vector: [count]; the first wins a tie. */
export function nearestCentre(set: Features, centres: Features): Int32Array {
  const nearest = new Int32Array(set.count);
  forEachDistanceRow(set, centres, (i, squared) => {
    nearest[i] = squared.indexOf(leastOf(squared));
  });
  return nearest;
}

/**
 * Centres of `k` clusters: k-means (Lloyd's algorithm, 30 rounds at most), begun by k-means++; the best of four.
 * Clusters that lose all vectors keep their centre.
 * @throws RangeError where there are fewer vectors than clusters.
 */
export function clusterCentres(set: Features, k: number, random: RandomSource): Features {
  if (!(Number.isInteger(k) && k >= 1)) throw new RangeError(`There is at least 1 cluster, not ${k}.`);
  requireCount(set, k, `A division into ${k} clusters`);
  const tried = Array.from({ length: k === 1 ? 1 : STARTS }, () => settled(set, begin(set, k, random), k));
  return tried.reduce((best, one) => (one.spread < best.spread ? one : best)).centres;
}

/** Lloyd's algorithm; `spread` is the sum of squared distances to the nearest centre. */
function settled(set: Features, first: Float32Array, k: number): { centres: Features; spread: number } {
  const { data, count, dim } = set;
  const centres: Features = { data: first, count: k, dim };
  let before: Int32Array | null = null;
  for (let round = 0; round < ROUNDS; round++) {
    const nearest = nearestCentre(set, centres);
    if (before?.every((at, i) => at === nearest[i])) break;
    before = nearest;
    const sums = new Float64Array(k * dim);
    const sizes = new Int32Array(k);
    for (let i = 0; i < count; i++) {
      sizes[nearest[i]]++;
      for (let j = 0; j < dim; j++) sums[nearest[i] * dim + j] += data[i * dim + j];
    }
    for (let c = 0; c < k; c++)
      if (sizes[c] > 0) for (let j = 0; j < dim; j++) centres.data[c * dim + j] = sums[c * dim + j] / sizes[c];
  }
  let spread = 0;
  forEachDistanceRow(set, centres, (_, squared) => {
    spread += leastOf(squared);
  });
  return { centres, spread };
}

/** First centres: vectors drawn in proportion to their squared distance from those drawn before. */
function begin({ data, count, dim }: Features, k: number, random: RandomSource): Float32Array {
  const drawn = new Float32Array(k * dim);
  const distances = new Float64Array(count).fill(1);
  for (let c = 0; c < k; c++) {
    let at = random.uniform() * distances.reduce((a, b) => a + b, 0);
    let row = 0;
    while (row < count - 1 && at >= distances[row]) at -= distances[row++];
    drawn.set(data.subarray(row * dim, (row + 1) * dim), c * dim);
    for (let i = 0; i < count; i++) {
      let squared = 0;
      for (let j = 0; j < dim; j++) squared += (data[i * dim + j] - data[row * dim + j]) ** 2;
      distances[i] = c === 0 ? squared : Math.min(distances[i], squared);
    }
  }
  return drawn;
}
