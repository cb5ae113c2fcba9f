import { intervalOfMean } from "../../judges/resamples.js";
import {
  bootstrap,
  type Features,
  firstRows,
  type Interval,
  prdc,
  type RandomSource,
  wilson,
} from "../../metrics/index.js";

/** A share or mean, with its 95 % interval over the choice of images and what real images reach in place of samples. */
export interface Figure {
  value: number;
  interval: Interval | null;
  floor: number;
}

/** A part of what a model does, with its score: 0 to 1. */
export interface Scored {
  name: string;
  score: Pick<Figure, "value" | "interval">;
}

/** What the figures of samples beside real images are the means of. */
export interface Terms {
  /** By sample. */
  precision: ArrayLike<number>;
  density: ArrayLike<number>;
  /** By sample, 1 where the judge sees the class that was asked for; null without classes. */
  accuracy: ArrayLike<number> | null;
  /** By real image. */
  recall: ArrayLike<number>;
  coverage: ArrayLike<number>;
}

/** The names of the figures. */
export type FigureName = keyof Terms;

/** Terms of samples beside real images, and of other real images in place of the samples. */
export interface Compared {
  drawn: Terms;
  floor: Terms;
}

/** Neighbours that a ball reaches to (2002.09797), where there are enough. */
export const NEIGHBOURS = 5;

/** Compares equally many of each, as balls depend on the count. */
export function compared(sets: {
  real: Features;
  samples: Features;
  floor: Features;
  accuracy?: { samples: ArrayLike<number>; floor: ArrayLike<number> } | null;
}): Compared {
  const n = Math.min(sets.real.count, sets.samples.count, sets.floor.count);
  const k = Math.min(NEIGHBOURS, n - 1);
  const real = firstRows(sets.real, n);
  const against = (set: Features, accuracy?: ArrayLike<number>): Terms => ({
    ...prdc(firstRows(set, n), real, k).terms,
    accuracy: accuracy ? Array.from({ length: n }, (_, i) => accuracy[i]) : null,
  });
  return {
    drawn: against(sets.samples, sets.accuracy?.samples),
    floor: against(sets.floor, sets.accuracy?.floor),
  };
}

/** The terms of some of the samples, and of some of the real images. */
export function part(terms: Terms, samples: readonly number[], real: readonly number[]): Terms {
  const pick = (values: ArrayLike<number>, rows: readonly number[]) => rows.map((row) => values[row]);
  return {
    precision: pick(terms.precision, samples),
    density: pick(terms.density, samples),
    accuracy: terms.accuracy && pick(terms.accuracy, samples),
    recall: pick(terms.recall, real),
    coverage: pick(terms.coverage, real),
  };
}

/** The mean; 0 of nothing: what is never drawn is never right. */
const meanOf = (values: ArrayLike<number>, rows?: readonly number[]): number => {
  const n = rows?.length ?? values.length;
  let sum = 0;
  for (let i = 0; i < n; i++) sum += values[rows ? rows[i] : i];
  return n > 0 ? sum / n : 0;
};

export function figureOf({ drawn, floor }: Compared, name: FigureName, random: RandomSource): Figure | null {
  const [own, real] = [drawn[name], floor[name]];
  if (!own || !real) return null;
  return { value: meanOf(own), interval: intervalOf(own, random), floor: meanOf(real) };
}

/** Of a share, Wilson's interval, which has a width where all or none are right too; else that of the mean. */
function intervalOf(values: ArrayLike<number>, random: RandomSource): Interval | null {
  const list = Float64Array.from(values);
  if (list.length < 2 || !list.every((value) => value === 0 || value === 1)) return intervalOfMean(list, { random });
  return wilson(
    list.reduce((a, b) => a + b),
    list.length,
  );
}

/**
 * How well a group is drawn, 0 to 1: the harmonic mean of density (at most 1), coverage and, with classes, accuracy,
 * each relative to what real images reach, and 1 where these reach no more. 1 − score is the deficit.
 */
export function scoreOf({ drawn, floor }: Compared, rows?: { samples: number[]; real: number[] }): number {
  const share = (value: number, real: number) => (real > 0 ? Math.min(1, value / real) : 1);
  const density = (terms: Terms, at?: number[]) => Math.min(1, meanOf(terms.density, at));
  const parts = [
    share(density(drawn, rows?.samples), density(floor)),
    share(meanOf(drawn.coverage, rows?.real), meanOf(floor.coverage)),
    ...(drawn.accuracy && floor.accuracy ? [share(meanOf(drawn.accuracy, rows?.samples), meanOf(floor.accuracy))] : []),
  ];
  return parts.includes(0) ? 0 : parts.length / parts.reduce((sum, value) => sum + 1 / value, 0);
}

/** {@link scoreOf} with its interval over the choice of samples and of real images. */
export function scoreFigure(terms: Compared, random: RandomSource, resamples = 200): Figure {
  const samples = terms.drawn.precision.length;
  const real = terms.drawn.coverage.length;
  const value = scoreOf(terms);
  const resampled = (rows: Uint32Array) => {
    const own: { samples: number[]; real: number[] } = { samples: [], real: [] };
    for (const row of rows) row < real ? own.real.push(row) : own.samples.push(row - real);
    return scoreOf(terms, own);
  };
  const [low, high] = bootstrap(samples + real, value, resampled, { resamples, random }) as Interval;
  return { value, interval: [Math.max(0, low), Math.min(1, high)], floor: 1 };
}
