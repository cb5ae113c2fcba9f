import { type Features, type RandomSource, sampleRows } from "./features.js";

/**
 * What a perfect generator would score: the same metric with `count` training vectors in place of the samples.
 * (A floor for distances; for precision, recall, density and coverage it is what real data reach.)
 */
export function realVsReal<T>(
  metric: (samples: Features, reference: Features) => T,
  sets: { train: Features; reference: Features; count: number; random: RandomSource },
): T {
  return metric(sampleRows(sets.train, Math.min(sets.count, sets.train.count), sets.random), sets.reference);
}
