import { frechetTo } from "../frechet.js";
import { mean } from "../quantile.js";
import { type GaussianStatistics, gaussianStatistics } from "../statistics.js";
import { framesOf, type Rows, velocitiesOf } from "./rows.js";

/** Something of poses, and the same of velocities. */
interface Both<T> {
  readonly static: T;
  readonly kinetic: T;
}

export interface StaticKinetic extends Both<number> {
  /** Of poses, in the square of their unit. */
  readonly static: number;
  /** Of velocities, in the square of their unit a second. */
  readonly kinetic: number;
}

interface Of {
  /** Numbers of a frame. */
  readonly dim: number;
  readonly fps: number;
}

interface Labelled {
  readonly clips: readonly Rows[];
  /** Of each clip; those below 0 are left out. */
  readonly labels: readonly number[];
}

const momentsOf = (clips: readonly Rows[], { dim, fps }: Of): Both<GaussianStatistics> => ({
  static: gaussianStatistics(framesOf(clips, dim)),
  kinetic: gaussianStatistics(velocitiesOf(clips, dim, fps)),
});

const distancesTo = (real: Both<GaussianStatistics>) => {
  const to = { static: frechetTo(real.static), kinetic: frechetTo(real.kinetic) };
  return (made: Both<GaussianStatistics>): StaticKinetic => ({
    static: to.static(made.static),
    kinetic: to.kinetic(made.kinetic),
  });
};

/**
 * Fréchet distances of motion as Audio2Photoreal has them: |μ₁ − μ₂|² + tr(S₁ + S₂ − 2 (S₁S₂)^½) of all frames (static)
 * and of all differences of frames times `fps` (kinetic), with unbiased covariances. In rad² and (rad/s)² where the
 * numbers are radians. Compare the same joints, and as many frames: fewer than numbers of a frame tell little.
 */
export const gestureFrechet = (a: readonly Rows[], b: readonly Rows[], of: Of): StaticKinetic =>
  gestureFrechetTo(b, of)(a);

/** {@link gestureFrechet} to the same real clips, whose moments are taken once: for much motion beside them. */
export function gestureFrechetTo(real: readonly Rows[], of: Of): (made: readonly Rows[]) => StaticKinetic {
  const distances = distancesTo(momentsOf(real, of));
  return (made) => distances(momentsOf(made, of));
}

/**
 * Whether motion is that of its label: {@link gestureFrechet} between clips of one label and real clips of the same
 * (`matched`), and of another one (`mismatched`), each a mean over the pairs of labels that both have.
 * @throws RangeError where no label is in both
 */
export const conditionalFrechet = (made: Labelled, real: Labelled, of: Of): ConditionalDistances =>
  conditionalFrechetTo(real, of)(made);

export interface ConditionalDistances {
  readonly matched: StaticKinetic;
  readonly mismatched: StaticKinetic | null;
}

/** {@link conditionalFrechet} to the same real clips, whose moments are taken once. */
export function conditionalFrechetTo(real: Labelled, of: Of): (made: Labelled) => ConditionalDistances {
  const to = [...byLabel(real)].map(([label, clips]) => ({ label, distances: distancesTo(momentsOf(clips, of)) }));
  return (made) => {
    const [same, different]: StaticKinetic[][] = [[], []];
    for (const [own, clips] of byLabel(made)) {
      const moments = momentsOf(clips, of);
      for (const { label, distances } of to) (label === own ? same : different).push(distances(moments));
    }
    if (same.length === 0) throw new RangeError("No label is one of both sets of clips.");
    return { matched: average(same), mismatched: different.length > 0 ? average(different) : null };
  };
}

function byLabel({ clips, labels }: Labelled): Map<number, Rows[]> {
  const found = new Map<number, Rows[]>();
  for (const [i, label] of labels.entries()) if (label >= 0) found.set(label, [...(found.get(label) ?? []), clips[i]]);
  return found;
}

const average = (list: readonly StaticKinetic[]): StaticKinetic => ({
  static: mean(list.map((one) => one.static)),
  kinetic: mean(list.map((one) => one.kinetic)),
});
