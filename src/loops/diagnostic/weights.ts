import type { ImageDataset } from "../../data/index.js";
import type { Extractor } from "../../judges/extractors/index.js";
import { extractSplit } from "../../judges/images/chunks.js";
import { type Features, features, nearestCentre } from "../../metrics/index.js";
import type { MeasuredGroup } from "./diagnose.js";
import type { ImageDiagnosis } from "./images.js";
import { type MixtureOptions, mixtureWeights, type Need } from "./mixture.js";

/** What a class or cluster has in the mixture, and the kinds of a class. */
export interface GroupShare {
  name: string;
  /** Of a class how many times an equal share; of a cluster how many times as often as in the data. */
  times: number;
  /** Its kinds, where some are hard: how many times as often as in the class, by cluster. */
  kinds: number[] | null;
}

/** Groups that got more before and did not become better. */
export type Stuck = (name: string) => boolean;

/** Shares of the groups by what the diagnosis says, and inside groups with hard kinds those of the kinds. */
export function sharesOf(
  groups: readonly MeasuredGroup[],
  options: MixtureOptions = {},
  stuck: Stuck = () => false,
): GroupShare[] {
  const needs = groups.map(({ name, score }): Need => ({ deficit: 1 - score.value, stuck: stuck(name) }));
  const shares = mixtureWeights(needs, options);
  return groups.map((group, i) => ({
    name: group.name,
    times: shares[i] * groups.length,
    kinds: group.kinds.some(({ hard }) => hard) ? kindTimes(group, options) : null,
  }));
}

/** By cluster; their mean over the images of the class is 1. */
function kindTimes({ kinds, centres }: MeasuredGroup, options: MixtureOptions): number[] {
  const shares = mixtureWeights(
    kinds.map(({ coverage: { value, floor } }) => ({ deficit: floor > 0 ? Math.max(0, 1 - value / floor) : 0 })),
    options,
  );
  const all = kinds.reduce((sum, { n }) => sum + n, 0);
  const mean = kinds.reduce((sum, { n }, i) => sum + (n / all) * shares[i], 0);
  const times = new Array<number>(centres!.count).fill(1);
  for (const [i, { cluster }] of kinds.entries()) times[cluster] = shares[i] / mean;
  return times;
}

/**
 * The weight of each training image. Classes have their shares however many images they have, as what they are drawn for
 * is asked for class by class; what was not measured has an equal one. Clusters have more or less than in the data.
 */
export async function imageWeights(
  { groups, by, centres }: ImageDiagnosis,
  shares: readonly GroupShare[],
  { train }: ImageDataset,
  judge: Extractor,
  signal?: AbortSignal,
): Promise<Float64Array> {
  const weights = new Float64Array(train.count).fill(1);
  const clusterOf = async (rows: ArrayLike<number>, among: Features) =>
    nearestCentre(features((await extractSplit(judge, train, rows, signal)).values, judge.dim), among);
  const all = Uint32Array.from({ length: train.count }, (_, i) => i);
  const clusters = by === "cluster" ? await clusterOf(all, centres!) : null;
  if (!clusters) equalClasses(weights, train.labels!);
  for (const [i, { index, centres: own }] of groups.entries()) {
    const { times, kinds } = shares[i];
    const rows = all.filter((row) => (clusters ? clusters[row] : train.labels![row]) === index);
    const inside = kinds && (await clusterOf(rows, own!));
    for (const [at, row] of rows.entries()) weights[row] *= times * (inside ? kinds![inside[at]] : 1);
  }
  return weights;
}

/** Gives every class the same sum. */
function equalClasses(weights: Float64Array, labels: Uint16Array): void {
  const counts = new Map<number, number>();
  for (const label of labels) counts.set(label, (counts.get(label) ?? 0) + 1);
  for (const [row, label] of labels.entries()) weights[row] = labels.length / counts.size / counts.get(label)!;
}
