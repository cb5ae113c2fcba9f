/** The velocity of a batch of flattened states at one time. */
export type VelocityAt = (state: Float32Array, time: number) => Promise<Float32Array>;

/** A way to integrate dx/dt = v(x, t) from t = 0 (noise) to 1 (data) in equal steps. */
export interface Solver {
  readonly summary: string;
  /** Velocity evaluations that `steps` steps take. */
  evaluations(steps: number): number;
  /** The state at t + h; `last` where that is 1. */
  step(velocity: VelocityAt, state: Float32Array, t: number, h: number, last: boolean): Promise<Float32Array>;
}

const euler: Solver = {
  summary: "x + h·v(x, t)",
  evaluations: (steps) => steps,
  async step(velocity, state, t, h) {
    const v = await velocity(state, t);
    return state.map((x, k) => x + h * v[k]);
  },
};

const heun: Solver = {
  summary: "the mean of the velocities at both ends of a step; the last is Euler's, since v is least certain at t = 1",
  evaluations: (steps) => 2 * steps - 1,
  async step(velocity, state, t, h, last) {
    const v = await velocity(state, t);
    const next = state.map((x, k) => x + h * v[k]);
    if (last) return next;
    const ahead = await velocity(next, t + h);
    for (let k = 0; k < next.length; k++) next[k] = state[k] + 0.5 * h * (v[k] + ahead[k]);
    return next;
  },
};

/** The solvers by name: a new one is an entry here, and an option everywhere. */
export const solvers = { euler, heun };
export type SolverName = keyof typeof solvers;
export const solverNames = Object.keys(solvers) as [SolverName, ...SolverName[]];

/** The states after each of `steps` equal steps from noise. */
export async function* solve(
  velocity: VelocityAt,
  noise: Float32Array,
  steps: number,
  solver: SolverName = "euler",
): AsyncGenerator<Float32Array, void, void> {
  const h = 1 / steps;
  let state = noise;
  for (let i = 0; i < steps; i++) {
    state = await solvers[solver].step(velocity, state, i * h, h, i === steps - 1);
    yield state;
  }
}

/** The state that the last step of `solve` ends in. */
export async function integrate(
  velocity: VelocityAt,
  noise: Float32Array,
  steps: number,
  solver: SolverName = "euler",
): Promise<Float32Array> {
  let end = noise;
  for await (const state of solve(velocity, noise, steps, solver)) end = state;
  return end;
}

/** Velocity evaluations that `solve` makes. */
export const evaluations = (steps: number, solver: SolverName): number => solvers[solver].evaluations(steps);
