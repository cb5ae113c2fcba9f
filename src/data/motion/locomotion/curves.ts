/** From 0 to 1 with the least jerk: speed and acceleration are 0 at both ends. Below 0 it is 0, beyond 1 it is 1. */
export const ease = (s: number): number => (s <= 0 ? 0 : s >= 1 ? 1 : s * s * s * (10 + s * (6 * s - 15)));

/** The integral of {@link ease} from 0. */
const eased = (s: number): number => (s <= 0 ? 0 : s >= 1 ? s - 0.5 : s ** 4 * (2.5 + s * (s - 3)));

export const mix = (from: number, to: number, share: number): number => from + (to - from) * share;

/** The inverse of a function that does not fall, within [low, high]. */
export function solve(value: (t: number) => number, target: number, low: number, high: number): number {
  for (let i = 0; i < 50; i++) {
    const middle = (low + high) / 2;
    if (value(middle) < target) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

interface Step<K extends string> {
  readonly at: number;
  readonly seconds: number;
  readonly change: Readonly<Partial<Record<K, number>>>;
}

/** Named values over time that go from one setting to the next with continuous speed and acceleration. */
export class Track<K extends string> {
  private readonly steps: Step<K>[] = [];
  private readonly goal: Record<K, number>;

  constructor(private readonly first: Readonly<Record<K, number>>) {
    this.goal = { ...first };
  }

  /** Takes `seconds` from time `at` to bring values to these; calls come in the order of time and may overlap. */
  go(at: number, seconds: number, values: Readonly<Partial<Record<K, number>>>): this {
    const change: Partial<Record<K, number>> = {};
    for (const key of Object.keys(values) as K[]) {
      if (values[key] !== this.goal[key]) change[key] = values[key]! - this.goal[key];
      this.goal[key] = values[key]!;
    }
    this.steps.push({ at, seconds, change });
    return this;
  }

  value(key: K, t: number): number {
    let value = this.first[key];
    for (const { at, seconds, change } of this.steps) {
      const step = change[key];
      if (step !== undefined && t > at) value += step * ease((t - at) / seconds);
    }
    return value;
  }

  /** All values at time `t`. */
  at(t: number): Record<K, number> {
    const values: Record<K, number> = { ...this.first };
    for (const { at, seconds, change } of this.steps) {
      if (t <= at) continue;
      const share = ease((t - at) / seconds);
      for (const key in change) values[key] += share * change[key]!;
    }
    return values;
  }

  /** The integral of a value from time 0, exactly. */
  integral(key: K, t: number): number {
    const since0 = ({ at, seconds }: Step<K>, t: number) => seconds * eased((t - at) / seconds);
    return this.steps.reduce(
      (sum, step) => sum + (step.change[key] ?? 0) * (since0(step, t) - since0(step, 0)),
      this.first[key] * t,
    );
  }
}

/** A place on a curve: its value, and how fast it goes and speeds up there. */
export interface Knot {
  readonly at: number;
  readonly value: number;
  readonly rate?: number;
  readonly acceleration?: number;
}

/** The curve of degree 5 between knots, in the order of time; before the first and after the last it stays. */
export function through(knots: readonly Knot[], t: number): number {
  if (t <= knots[0].at) return knots[0].value;
  const next = knots.findIndex(({ at }) => at > t);
  if (next < 0) return knots[knots.length - 1].value;
  const [a, b] = [knots[next - 1], knots[next]];
  const seconds = b.at - a.at;
  const s = (t - a.at) / seconds;
  const [va, vb] = [(a.rate ?? 0) * seconds, (b.rate ?? 0) * seconds];
  const [aa, ab] = [(a.acceleration ?? 0) * seconds ** 2, (b.acceleration ?? 0) * seconds ** 2];
  const rise = b.value - a.value;
  const c3 = 10 * rise - 6 * va - 4 * vb - 1.5 * aa + 0.5 * ab;
  const c4 = -15 * rise + 8 * va + 7 * vb + 1.5 * aa - ab;
  const c5 = 6 * rise - 3 * (va + vb) - 0.5 * (aa - ab);
  return a.value + s * (va + s * (aa / 2 + s * (c3 + s * (c4 + s * c5))));
}
