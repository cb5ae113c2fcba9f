import { forEachDistanceRow } from "./distances.js";
import type { Features } from "./features.js";
import { quantile } from "./quantile.js";

export interface Neighbours {
  k: number;
  /** Indices into the base set, nearest first: [queries, k]. */
  indices: Int32Array;
  /** Euclidean distances, ascending in each row: [queries, k]. */
  distances: Float64Array;
}

/**
 * The k nearest vectors of `base` to each query, exactly. With `queries === base` a vector is not its own neighbour.
 * @throws RangeError where `base` has fewer than k vectors to offer.
 */
export function nearestNeighbours(queries: Features, base: Features, k = 1): Neighbours {
  const self = queries === base;
  const available = base.count - (self ? 1 : 0);
  if (!Number.isInteger(k) || k < 1 || k > available)
    throw new RangeError(`k must be 1 to ${available} (the neighbours that there are), not ${k}.`);
  const indices = new Int32Array(queries.count * k);
  const distances = new Float64Array(queries.count * k).fill(Number.POSITIVE_INFINITY);
  forEachDistanceRow(queries, base, (i, squared) => {
    const first = i * k;
    const last = first + k - 1;
    if (self) squared[i] = Number.POSITIVE_INFINITY;
    for (let j = 0; j < squared.length; j++) {
      const d = squared[j];
      if (d >= distances[last]) continue;
      let at = last;
      for (; at > first && distances[at - 1] > d; at--) {
        distances[at] = distances[at - 1];
        indices[at] = indices[at - 1];
      }
      distances[at] = d;
      indices[at] = j;
    }
  });
  for (let i = 0; i < distances.length; i++) distances[i] = Math.sqrt(distances[i]);
  return { k, indices, distances };
}

/** Distances to the nearest training vector, of samples and of held-out data. */
export interface Memorisation {
  samples: { median: number; lowest1Percent: number };
  heldOut: { median: number; lowest1Percent: number };
  /** Nearest training vector of each sample. */
  nearest: Neighbours;
}

/**
 * Are the samples copies of training data? Their distances to the nearest training vector (median, 1 % quantile)
 * beside those of held-out data: samples clearly *nearer* than held-out data are a sign of memorisation.
 */
export function memorisation(samples: Features, heldOut: Features, train: Features): Memorisation {
  const nearest = nearestNeighbours(samples, train);
  return {
    samples: summary(nearest.distances),
    heldOut: summary(nearestNeighbours(heldOut, train).distances),
    nearest,
  };
}

function summary(distances: Float64Array) {
  return { median: quantile(distances, 0.5), lowest1Percent: quantile(distances, 0.01) };
}
