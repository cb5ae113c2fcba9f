export type Solver = "euler" | "heun";

/** The velocity of a batch of flattened states at one time. */
export type VelocityAt = (state: Float32Array, time: number) => Promise<Float32Array>;

/** Velocity evaluations that `integrate` makes. Heun's last step is an Euler step. */
export const evaluations = (steps: number, solver: Solver): number => (solver === "heun" ? 2 * steps - 1 : steps);

/**
 * Integrates dx/dt = v(x, t) from t = 0 (noise) to 1 (data) in equal steps. Euler: x + h·v(x, t). Heun: the mean of that velocity and
 * the one at its end; the last step stays Euler, since v is least certain at t = 1.
 */
export async function integrate(
  velocity: VelocityAt,
  noise: Float32Array,
  steps: number,
  solver: Solver = "euler",
): Promise<Float32Array> {
  let state = noise;
  const h = 1 / steps;
  for (let i = 0; i < steps; i++) {
    const t = i * h;
    const v = await velocity(state, t);
    const next = state.map((x, k) => x + h * v[k]);
    if (solver === "heun" && i < steps - 1) {
      const ahead = await velocity(next, t + h);
      for (let k = 0; k < next.length; k++) next[k] = state[k] + 0.5 * h * (v[k] + ahead[k]);
    }
    state = next;
  }
  return state;
}
