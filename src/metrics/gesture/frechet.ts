import { frechetDistance } from "../frechet.js";
import { mean } from "../quantile.js";
import { framesOf, type Rows, velocitiesOf } from "./rows.js";

export interface StaticKinetic {
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

/**
 * Fréchet distances of motion as Audio2Photoreal has them: |μ₁ − μ₂|² + tr(S₁ + S₂ − 2 (S₁S₂)^½) of all frames (static)
 * and of all differences of frames times `fps` (kinetic), with unbiased covariances. In rad² and (rad/s)² where the
 * numbers are radians. Compare the same joints, and as many frames: fewer than numbers of a frame tell little.
 */
export function gestureFrechet(a: readonly Rows[], b: readonly Rows[], { dim, fps }: Of): StaticKinetic {
  return {
    static: frechetDistance(framesOf(a, dim), framesOf(b, dim)),
    kinetic: frechetDistance(velocitiesOf(a, dim, fps), velocitiesOf(b, dim, fps)),
  };
}

/**
 * Whether motion is that of its label: {@link gestureFrechet} between clips of one label and real clips of the same
 * (`matched`), and of another one (`mismatched`), each a mean over the pairs of labels that both have.
 * @param labels Of each clip; those below 0 are left out.
 * @throws RangeError where no label is in both
 */
export function conditionalFrechet(
  made: { clips: readonly Rows[]; labels: readonly number[] },
  real: { clips: readonly Rows[]; labels: readonly number[] },
  of: Of,
): { matched: StaticKinetic; mismatched: StaticKinetic | null } {
  const groups = ({ clips, labels }: typeof made) => {
    const found = new Map<number, Rows[]>();
    for (const [i, label] of labels.entries())
      if (label >= 0) found.set(label, [...(found.get(label) ?? []), clips[i]]);
    return found;
  };
  const [own, other] = [groups(made), groups(real)];
  const [same, different]: StaticKinetic[][] = [[], []];
  for (const [label, clips] of own)
    for (const [second, reals] of other) (label === second ? same : different).push(gestureFrechet(clips, reals, of));
  if (same.length === 0) throw new RangeError("No label is one of both sets of clips.");
  const average = (list: StaticKinetic[]): StaticKinetic => ({
    static: mean(list.map((one) => one.static)),
    kinetic: mean(list.map((one) => one.kinetic)),
  });
  return { matched: average(same), mismatched: different.length > 0 ? average(different) : null };
}
