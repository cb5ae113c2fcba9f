/** A noise schedule: alpha(t) falls from about 1 at t = 0 to about 0 at t = 1. Float64 throughout. */
export interface Schedule {
  readonly name: "log-linear" | "cosine";
  /** Share of clean tokens at time t in [0, 1]. */
  alpha(t: number): number;
  /** d alpha / d t, negative. */
  dAlpha(t: number): number;
  /** The t in [0, 1] with this alpha. */
  time(alpha: number): number;
}

function checkEpsilon(epsilon: number): void {
  if (!(epsilon >= 0 && epsilon < 1)) throw new Error(`A schedule's epsilon must be in [0, 1), got ${epsilon}.`);
}

/** alpha = 1 − (1 − epsilon)·t. */
export function logLinear(epsilon = 1e-3): Schedule {
  checkEpsilon(epsilon);
  const rate = 1 - epsilon;
  return {
    name: "log-linear",
    alpha: (t) => 1 - rate * t,
    dAlpha: () => -rate,
    time: (alpha) => (1 - alpha) / rate,
  };
}

/** alpha = 1 − cos(π/2·(1 − (1 − epsilon)·t)), with its exact derivative. */
export function cosine(epsilon = 1e-3): Schedule {
  checkEpsilon(epsilon);
  const rate = 1 - epsilon;
  const angle = (t: number) => (Math.PI / 2) * (1 - rate * t);
  return {
    name: "cosine",
    alpha: (t) => 1 - Math.cos(angle(t)),
    dAlpha: (t) => -rate * (Math.PI / 2) * Math.sin(angle(t)),
    time: (alpha) => (1 - (2 / Math.PI) * Math.acos(1 - alpha)) / rate,
  };
}

export const schedules = { "log-linear": logLinear, cosine } as const;

/** The noise level that networks are conditioned on: sigma = −log alpha. */
export const sigmaOf = (alpha: number): number => -Math.log(alpha);

/**
 * Low-discrepancy times of a batch: t_b = (u_b/B + b/B) mod 1, moved into [smallest, 1]. Float64 [B], ascending: rows
 * that stand for something must be in random order.
 */
export function drawTimes(random: { uniform(): number }, batch: number, smallest = 1e-3): Float64Array {
  return Float64Array.from({ length: batch }, (_, b) => {
    const t = ((random.uniform() + b) / batch) % 1;
    return (1 - smallest) * t + smallest;
  });
}
