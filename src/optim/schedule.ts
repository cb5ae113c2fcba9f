/** Learning rate as a pure function of the number of updates made before (0 for the first). */
export type Schedule = (step: number) => number;

const ramp = (step: number, peak: number, warmup: number) => (step < warmup ? (peak * (step + 1)) / warmup : peak);

function check(name: string, { peak, warmup = 0, floor = 0 }: { peak: number; warmup?: number; floor?: number }): void {
  if (!(peak >= 0)) throw new Error(`${name}: peak must be a number ≥ 0, got ${peak}.`);
  if (!(warmup >= 0)) throw new Error(`${name}: warmup must be a number of steps ≥ 0, got ${warmup}.`);
  if (!(floor >= 0)) throw new Error(`${name}: floor must be a number ≥ 0, got ${floor}.`);
}

export const constant =
  (value: number): Schedule =>
  () =>
    value;

/** Linear rise over `steps` updates (the first has peak/steps), then constant. */
export function warmup({ peak, steps }: { peak: number; steps: number }): Schedule {
  check("warmup", { peak, warmup: steps });
  return (step) => ramp(step, peak, steps);
}

/** Linear warm-up, then half a cosine from `peak` down to `floor` (default 0) at `steps`, and `floor` afterwards. */
export function cosine({
  peak,
  steps,
  warmup = 0,
  floor = 0,
}: {
  peak: number;
  steps: number;
  warmup?: number;
  floor?: number;
}): Schedule {
  check("cosine", { peak, warmup, floor });
  if (!(steps > warmup)) throw new Error(`cosine: steps (${steps}) must be larger than warmup (${warmup}).`);
  return (step) => {
    if (step < warmup) return ramp(step, peak, warmup);
    const progress = Math.min(1, (step - warmup) / (steps - warmup));
    return floor + (peak - floor) * 0.5 * (1 + Math.cos(Math.PI * progress));
  };
}

/**
 * Linear warm-up, constant until `decayFrom`, then linear down to `floor` (default 0) at `steps`, and `floor`
 * afterwards.
 */
export function trapezoid({
  peak,
  steps,
  decayFrom,
  warmup = 0,
  floor = 0,
}: {
  peak: number;
  steps: number;
  decayFrom: number;
  warmup?: number;
  floor?: number;
}): Schedule {
  check("trapezoid", { peak, warmup, floor });
  if (!(warmup <= decayFrom && decayFrom < steps))
    throw new Error(`trapezoid needs warmup ≤ decayFrom < steps, got ${warmup}, ${decayFrom}, ${steps}.`);
  return (step) => {
    if (step < decayFrom) return ramp(step, peak, warmup);
    return peak + (floor - peak) * Math.min(1, (step - decayFrom) / (steps - decayFrom));
  };
}
