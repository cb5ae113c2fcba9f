import { FIRST, mixture, timesOf } from "./schedule.js";

/** How far standardised latents can be from 0. */
export const LARGEST = 4;

/** What the network predicts of latents [B, n, d] at a time. */
export type Predict = (state: Float32Array, time: number) => Promise<Float32Array>;

/** Clean latents that a window begins with, and the noise that they are shown with. */
export interface Prefix {
  /** Numbers of a row that are known. */
  readonly known: number;
  /** [B, known]. */
  readonly clean: Float32Array;
}

export interface SamplerOptions {
  /** [B, n, d]. */
  readonly noise: Float32Array;
  readonly rows: number;
  readonly steps: number;
  readonly prefix?: Prefix;
}

const clip = (value: number): number => Math.max(-LARGEST, Math.min(LARGEST, value));

/** Puts the prefix in its place, with as much noise as there is at a time. */
function replace(
  state: Float32Array,
  { noise, rows, prefix }: SamplerOptions,
  share: { signal: number; noise: number },
) {
  if (!prefix) return state;
  const per = state.length / rows;
  for (let r = 0; r < rows; r++)
    for (let i = 0; i < prefix.known; i++)
      state[r * per + i] = share.signal * prefix.clean[r * prefix.known + i] + share.noise * noise[r * per + i];
  return state;
}

const CLEAN = { signal: 1, noise: 0 };

/** DDIM without noise (η = 0), from FIRST on: the clean latents as they are foreseen at each step are cut to ±4. */
async function* ddim(predict: Predict, options: SamplerOptions): AsyncGenerator<Float32Array> {
  const times = timesOf(options.steps, FIRST);
  let state = options.noise.slice();
  for (let k = 0; k < options.steps; k++) {
    const now = mixture(times[k]);
    const next = k === options.steps - 1 ? CLEAN : mixture(times[k + 1]);
    replace(state, options, now);
    const noise = await predict(state, times[k]);
    state = state.map((x, i) => {
      const clean = clip((x - now.noise * noise[i]) / now.signal);
      return next.signal * clean + (next.noise * (x - now.signal * clean)) / now.noise;
    });
    yield replace(state, options, next);
  }
}

/** Euler's method on the flow x_s = (1 − s)·clean + s·noise, whose velocity is noise − clean. */
async function* euler(predict: Predict, options: SamplerOptions): AsyncGenerator<Float32Array> {
  const times = timesOf(options.steps);
  let state = options.noise.slice();
  for (let k = 0; k < options.steps; k++) {
    replace(state, options, { signal: 1 - times[k], noise: times[k] });
    const velocity = await predict(state, times[k]);
    state = state.map((x, i) => x + (times[k + 1] - times[k]) * velocity[i]);
    yield replace(state, options, { signal: 1 - times[k + 1], noise: times[k + 1] });
  }
}

/** One evaluation, from noise to latents. */
async function* once(predict: Predict, options: SamplerOptions): AsyncGenerator<Float32Array> {
  yield replace(Float32Array.from(await predict(options.noise, 1)), options, CLEAN);
}

/** How windows are drawn, by the objective that a network was trained with. The last state is the sample. */
export const samplers = { ddpm: ddim, flow: euler, drift: once };
