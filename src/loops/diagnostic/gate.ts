import { bootstrapFrechet, frechetTo, type Interval } from "../../metrics/index.js";
import { Random } from "../../random/index.js";
import type { Drawn } from "./diagnose.js";
import type { Scored } from "./terms.js";

/** A change of a mean score, after − before, with its 95 % interval. */
export interface Change {
  value: number;
  interval: Interval;
}

/** What a round has changed on held-out images. */
export interface Comparison {
  /** Mean score of the groups that the round was for. */
  targets: Change;
  /** Mean score of the others; null where there are none. */
  others: Change | null;
  /** Fréchet distance in the judge's space, before (with its interval) and after; null of models that draw nothing. */
  frechet: { before: number; interval: Interval; after: number } | null;
  /** By group. */
  groups: Pair[];
}

/** A group's score before and after. */
export interface Pair {
  name: string;
  before: Scored["score"];
  after: Scored["score"];
}

/** Standard error of a figure. */
const errorOf = ({ interval }: Scored["score"]): number => (interval ? (interval[1] - interval[0]) / (2 * 1.96) : 0);

/** Mean change of some figures; samples of different groups, and of before and after, are drawn apart. */
export function meanChange(pairs: readonly Omit<Pair, "name">[]): Change {
  if (pairs.length === 0) throw new RangeError("There is no group whose change could be told.");
  const value = pairs.reduce((sum, { before, after }) => sum + after.value - before.value, 0) / pairs.length;
  const variance = pairs.reduce((sum, { before, after }) => sum + errorOf(before) ** 2 + errorOf(after) ** 2, 0);
  const margin = (1.96 * Math.sqrt(variance)) / pairs.length;
  return { value, interval: [value - margin, value + margin] };
}

/** Compares the scores of groups before and after. @throws RangeError where none of the targets has both */
export function compareScores(
  before: readonly Scored[],
  after: readonly Scored[],
  targets: readonly string[],
): Omit<Comparison, "frechet"> {
  const groups = before.flatMap(({ name, score }): Pair[] => {
    const other = after.find((group) => group.name === name);
    return other ? [{ name, before: score, after: other.score }] : [];
  });
  const [aimed, rest] = [true, false].map((is) => groups.filter(({ name }) => targets.includes(name) === is));
  return { targets: meanChange(aimed), others: rest.length > 0 ? meanChange(rest) : null, groups };
}

/** Compares two diagnoses by the same held-out images, or motions. */
export function compareDiagnoses(before: Drawn, after: Drawn, targets: readonly string[], seed: number): Comparison {
  const distance = frechetTo(before.sets.real.features);
  const [own, other] = [before, after].map(({ sets }) => sets.samples.features);
  return {
    ...compareScores(before.groups, after.groups, targets),
    frechet: {
      before: distance(own),
      interval: bootstrapFrechet(own, distance, { random: new Random(seed, "fréchet") }),
      after: distance(other),
    },
  };
}

/** Whether a round is kept, and why, in words. */
export function verdict({ targets, others, frechet }: Comparison): { kept: boolean; why: string } {
  const text = ({ value, interval }: Change) => `${signed(value)} (${signed(interval[0])} … ${signed(interval[1])})`;
  const gain = `mean score of what was worst ${text(targets)}`;
  if (!(targets.interval[0] > 0)) return { kept: false, why: `${gain}: not better beyond its interval` };
  if (others && others.interval[1] < 0)
    return { kept: false, why: `${gain}, but of the others ${text(others)}: they became worse` };
  if (frechet && frechet.after > frechet.interval[1])
    return {
      kept: false,
      why: `${gain}, but the Fréchet distance rose from ${frechet.before.toFixed(3)} to ${frechet.after.toFixed(3)}, beyond its interval`,
    };
  return { kept: true, why: `${gain}; others ${frechet ? "and Fréchet distance " : ""}no worse` };
}

const signed = (value: number): string => `${value < 0 ? "−" : "+"}${Math.abs(value).toFixed(3)}`;
