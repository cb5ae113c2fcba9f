import type { FlowShape } from "./shape.js";

/** The velocity of a batch of flattened states at one time, or the mean one on the way from there to a later time. */
export type VelocityAt = (state: Float32Array, time: number, until: number) => Promise<Float32Array>;
/** Standard normal numbers for a batch of states, by number of the step. */
export type FreshNoise = (step: number) => Float32Array;

/** A way to integrate dx/dt = v(x, t) from t = 0 (noise) to 1 (data) in equal steps. */
export interface Solver {
  readonly summary: string;
  /** Velocity evaluations that `steps` steps take. */
  evaluations(steps: number): number;
  /** The state at t + h; `last` where that is 1. `fresh` is noise for those that need it. */
  step(
    velocity: VelocityAt,
    state: Float32Array,
    t: number,
    h: number,
    last: boolean,
    fresh: () => Float32Array,
  ): Promise<Float32Array>;
}

/** Of a field with a second time its own jump: x + h·u(x, t, t + h). */
const euler: Solver = {
  summary: "x + h·v(x, t)",
  evaluations: (steps) => steps,
  async step(velocity, state, t, h) {
    const v = await velocity(state, t, t + h);
    return state.map((x, k) => x + h * v[k]);
  },
};

const heun: Solver = {
  summary: "the mean of the velocities at both ends of a step; the last is Euler's, since v is least certain at t = 1",
  evaluations: (steps) => 2 * steps - 1,
  async step(velocity, state, t, h, last) {
    const v = await velocity(state, t, t + h);
    const next = state.map((x, k) => x + h * v[k]);
    if (last) return next;
    const ahead = await velocity(next, t + h, t + h);
    for (let k = 0; k < next.length; k++) next[k] = state[k] + 0.5 * h * (v[k] + ahead[k]);
    return next;
  },
};

/** Of a consistency model, whose field leads from any time straight to a sample. */
const renoise: Solver = {
  summary: "the sample x + (1 − t)·u(x, t), made as noisy again as states of t + h are",
  evaluations: (steps) => steps,
  async step(velocity, state, t, h, last, fresh) {
    const u = await velocity(state, t, 1);
    const sample = state.map((x, k) => x + (1 - t) * u[k]);
    if (last) return sample;
    const noise = fresh();
    return sample.map((x, k) => (t + h) * x + (1 - t - h) * noise[k]);
  },
};

/** The solvers of velocities by name: a new one is an entry here, and an option everywhere. */
export const velocitySolvers = { euler, heun };
export type VelocitySolver = keyof typeof velocitySolvers;
export const solverNames = Object.keys(velocitySolvers) as [VelocitySolver, ...VelocitySolver[]];

const solvers = { ...velocitySolvers, renoise };
export type SolverName = keyof typeof solvers;

/** How a model draws: by the solver that is asked for, or by its objective's own rule. */
export const solverOf = ({ objective }: Pick<FlowShape, "objective">, asked: VelocitySolver = "euler"): SolverName =>
  objective === "consistency" ? "renoise" : asked;

/** The states after each of `steps` equal steps from noise. Only `renoise` needs fresh noise. */
export async function* solve(
  velocity: VelocityAt,
  noise: Float32Array,
  steps: number,
  solver: SolverName = "euler",
  fresh: FreshNoise = needed,
): AsyncGenerator<Float32Array, void, void> {
  const h = 1 / steps;
  let state = noise;
  for (let i = 0; i < steps; i++) {
    state = await solvers[solver].step(velocity, state, i * h, h, i === steps - 1, () => fresh(i));
    yield state;
  }
}

const needed: FreshNoise = () => {
  throw new Error("A consistency model that draws in several steps needs fresh noise for each.");
};

/** The state that the last step of `solve` ends in. */
export async function integrate(
  velocity: VelocityAt,
  noise: Float32Array,
  steps: number,
  solver: SolverName = "euler",
  fresh?: FreshNoise,
): Promise<Float32Array> {
  let end = noise;
  for await (const state of solve(velocity, noise, steps, solver, fresh)) end = state;
  return end;
}

/** Velocity evaluations that `solve` makes. */
export const evaluations = (steps: number, solver: SolverName): number => solvers[solver].evaluations(steps);
