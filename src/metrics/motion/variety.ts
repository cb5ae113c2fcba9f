import { type Features, type RandomSource, requireSameDim, sampleRows } from "../features.js";
import { squaredDistance } from "./retrieval.js";

/**
 * Diversity: the mean distance between two draws of `pairs` motions, each draw without repeats, row by row. Without
 * `pairs`, 300, or 100 where there are fewer motions.
 * @throws RangeError where there are fewer motions than that.
 */
export function diversity(motions: Features, { pairs, random }: { pairs?: number; random: RandomSource }): number {
  return meanDistance(motions, pairs ?? (motions.count < 300 ? 100 : 300), random);
}

/**
 * MultiModality: how far motions of one text are from each other, the mean over texts of {@link diversity} with 10
 * pairs among the motions of each. The papers draw 30 motions a text.
 * @param groups The motions of each text.
 * @throws RangeError where a text has fewer motions than pairs, or there is no text.
 */
export function multimodality(
  groups: readonly Features[],
  { pairs = 10, random }: { pairs?: number; random: RandomSource },
): number {
  if (groups.length === 0) throw new RangeError("MultiModality needs the motions of at least one text.");
  let sum = 0;
  for (const group of groups) {
    requireSameDim(group, groups[0]);
    sum += meanDistance(group, pairs, random);
  }
  return sum / groups.length;
}

/**
 * The mean distance of all pairs of different motions: what {@link multimodality} estimates without pairs of a motion and
 * itself, so that it does not depend on how many there are. NaN of a single one.
 */
export function meanPairDistance(motions: Features): number {
  let [sum, pairs] = [0, 0];
  for (let i = 0; i < motions.count; i++)
    for (let j = 0; j < i; j++, pairs++) sum += Math.sqrt(squaredDistance(motions, i, motions, j));
  return sum / pairs;
}

function meanDistance(set: Features, pairs: number, random: RandomSource): number {
  const [a, b] = [sampleRows(set, pairs, random), sampleRows(set, pairs, random)];
  let sum = 0;
  for (let i = 0; i < pairs; i++) sum += Math.sqrt(squaredDistance(a, i, b, i));
  return sum / pairs;
}
