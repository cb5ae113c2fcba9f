import { forEachDistanceRow } from "./distances.js";
import { type Features, requireSameDim } from "./features.js";
import { nearestNeighbours } from "./neighbours.js";
import { mean } from "./quantile.js";

export interface Prdc {
  precision: number;
  recall: number;
  density: number;
  coverage: number;
  /** The terms that these are the means of: one per sample, or one per reference vector. */
  terms: {
    /** 1 where the sample lies in a reference ball: [samples]. */
    precision: Uint8Array;
    /** 1 where the reference vector lies in a sample's ball: [reference]. */
    recall: Uint8Array;
    /** Reference balls that hold the sample, over k: [samples]. */
    density: Float64Array;
    /** 1 where the reference vector's ball holds a sample: [reference]. */
    coverage: Uint8Array;
  };
}

/**
 * Improved precision and recall (1904.06991), density and coverage (2002.09797). The ball of a vector reaches to the
 * k-th nearest other vector of its own set. 5,000 against 5,000 is customary; values depend on the counts.
 */
export function prdc(samples: Features, reference: Features, k = 5): Prdc {
  requireSameDim(samples, reference);
  const sampleRadii = squaredRadii(samples, k);
  const referenceRadii = squaredRadii(reference, k);
  const terms = {
    precision: new Uint8Array(samples.count),
    recall: new Uint8Array(reference.count),
    density: new Float64Array(samples.count),
    coverage: new Uint8Array(reference.count),
  };
  forEachDistanceRow(samples, reference, (i, squared) => {
    let balls = 0;
    for (let j = 0; j < squared.length; j++) {
      const d = squared[j];
      if (d < referenceRadii[j]) {
        balls++;
        terms.coverage[j] = 1;
      }
      if (d < sampleRadii[i]) terms.recall[j] = 1;
    }
    terms.density[i] = balls / k;
    terms.precision[i] = balls > 0 ? 1 : 0;
  });
  return {
    precision: mean(terms.precision),
    recall: mean(terms.recall),
    density: mean(terms.density),
    coverage: mean(terms.coverage),
    terms,
  };
}

function squaredRadii(set: Features, k: number): Float64Array {
  const { distances } = nearestNeighbours(set, set, k);
  return Float64Array.from({ length: set.count }, (_, i) => distances[i * k + k - 1] ** 2);
}
