import { RELATIONS, TRAITS } from "../../data/dialogue-dataset.js";
import { correlation } from "../../metrics/gesture/index.js";
import { leastSquares } from "../../metrics/least-squares.js";
import { mean } from "../../metrics/quantile.js";
import { HAND_FEATURES, handFeatures, type Mover } from "./features.js";

/** Steps and size of a step of the softmax regression, and what large weights cost. */
const [STEPS, RATE, DECAY, RIDGE] = [400, 0.5, 1e-3, 1];
const WIDTH = HAND_FEATURES.length + 1;

/** What tells relations and traits from how a person moves; learnt from a data set's training split. */
export interface SocialJudge {
  /** Index of RELATIONS that each person's motion looks like; null where the data tell of fewer than two. */
  readonly relations: ((channels: readonly Float32Array[]) => number[]) | null;
  /** Z-scores [5] of each person; null where the data tell of none. */
  readonly traits: ((channels: readonly Float32Array[]) => Float64Array[]) | null;
}

/** Softmax regression of the relation and ridge regressions of the traits on ten features of each person's motion. */
export function fitSocialJudge(movers: readonly Mover[]): SocialJudge {
  const raw = movers.map(({ channels }) => handFeatures(channels));
  const scale = HAND_FEATURES.map((_, i) => {
    const values = raw.map((row) => row[i]);
    const centre = mean(values);
    return { centre, spread: Math.sqrt(mean(values.map((value) => (value - centre) ** 2))) || 1 };
  });
  const standard = (row: Float64Array): number[] => [
    1,
    ...scale.map(({ centre, spread }, i) => (row[i] - centre) / spread),
  ];
  const rows = raw.map(standard);
  const see = (channels: readonly Float32Array[]) => channels.map((one) => standard(handFeatures(one)));
  const told = movers.flatMap(({ dialogue: { relation } }, i) => (relation >= 0 ? [{ row: rows[i], relation }] : []));
  const known = movers.flatMap(({ dialogue: { people }, side }, i) =>
    people[side].traits ? [{ row: rows[i], traits: people[side].traits }] : [],
  );
  const several = new Set(told.map(({ relation }) => relation)).size > 1;
  const softmax = several
    ? fitSoftmax(
        told.map(({ row }) => row),
        told.map(({ relation }) => relation),
      )
    : null;
  const flat = known.flatMap(({ row }) => row);
  const ridges =
    known.length > WIDTH
      ? TRAITS.map((_, k) =>
          leastSquares({ rows: flat, dim: WIDTH, targets: known.map(({ traits }) => traits[k]) }, RIDGE),
        )
      : null;
  return {
    relations: softmax && ((channels) => see(channels).map((row) => highest(logits(row, softmax)))),
    traits:
      ridges &&
      ((channels) =>
        see(channels).map((row) =>
          Float64Array.from(ridges, (weights) => row.reduce((sum, value, i) => sum + value * weights[i], 0)),
        )),
  };
}

const logits = (row: readonly number[], weights: Float64Array): number[] =>
  RELATIONS.map((_, c) => row.reduce((sum, value, i) => sum + value * weights[c * WIDTH + i], 0));

const highest = (values: readonly number[]): number => values.indexOf(Math.max(...values));

/** Weights [4, width] by gradient descent on the mean cross-entropy, from 0: the same data give the same weights. */
function fitSoftmax(rows: readonly (readonly number[])[], labels: readonly number[]): Float64Array {
  const weights = new Float64Array(RELATIONS.length * WIDTH);
  const seen = RELATIONS.map((_, c) => labels.includes(c));
  for (let step = 0; step < STEPS; step++) {
    const gradient = weights.map((value) => DECAY * value);
    for (const [n, row] of rows.entries()) {
      const values = logits(row, weights).map((value, c) => (seen[c] ? value : -Infinity));
      const top = Math.max(...values);
      const exps = values.map((value) => Math.exp(value - top));
      const total = exps.reduce((a, b) => a + b, 0);
      for (const [c, value] of exps.entries()) {
        const off = (value / total - (c === labels[n] ? 1 : 0)) / rows.length;
        for (let i = 0; i < WIDTH; i++) gradient[c * WIDTH + i] += off * row[i];
      }
    }
    for (let i = 0; i < weights.length; i++) weights[i] -= RATE * gradient[i];
  }
  return weights;
}

/** The share of people whose relation the judge tells right; null where it tells none. */
export function relationAccuracy(judge: SocialJudge, channels: readonly Float32Array[], relations: readonly number[]) {
  const known = relations.flatMap((relation, i) => (relation >= 0 ? [i] : []));
  if (!judge.relations || known.length === 0) return null;
  const found = judge.relations(known.map((i) => channels[i]));
  return mean(known.map((i, k) => (found[k] === relations[i] ? 1 : 0)));
}

/** Correlation of each trait as the judge tells it with the true one, in the order of TRAITS; null where it tells none. */
export function traitCorrelations(
  judge: SocialJudge,
  channels: readonly Float32Array[],
  traits: readonly (Float32Array | null)[],
): number[] | null {
  const known = traits.flatMap((one, i) => (one ? [i] : []));
  if (!judge.traits || known.length < 3) return null;
  const found = judge.traits(known.map((i) => channels[i]));
  return TRAITS.map((_, k) =>
    correlation(
      found.map((one) => one[k]),
      known.map((i) => traits[i]![k]),
    ),
  );
}
