import type { EditContext } from "../../models/edits.js";
import { type CompileOptions, compile } from "../../runtime/index.js";
import { driftField } from "./field.js";

export interface RefineOptions {
  /** Exemplars to drift towards, [P, size]. */
  positives: Float32Array;
  /** Drift updates; 0 returns the samples as they are. */
  steps?: number;
  /** Length of an update, > 0; default 0.5. */
  eta?: number;
  /** Kernel widths relative to the mean distance between samples and exemplars, > 0; default [1, 0.5]. */
  temperatures?: readonly number[];
  /** Which coordinates may move, [size] of 0 … 1; default all. */
  mask?: Float32Array;
  /** Pull back to the start, ≥ 0; infinity returns the start. */
  anchor?: number;
  /** Whether a sample is kept from repelling itself, which takes two at least; default where there are. */
  selfMask?: boolean;
}

/**
 * Drift at inference, an extension of ours (the paper drifts only in training): samples [count, size] move along
 * Algorithm 2's field towards chosen exemplars and away from each other, x ← x₀ + (x + η·mask·V − x₀)/(1 + η·anchor).
 * No network is evaluated, and the one-step quality figures hold for `steps: 0` only. What becomes of a sample depends
 * on its company; a single one is repelled by where it stands. @throws where an input is none, or the signal aborts
 * between two updates.
 */
export async function refine(
  samples: Float32Array,
  count: number,
  options: RefineOptions,
  { signal, onProgress, ...runtime }: CompileOptions & EditContext = {},
): Promise<Float32Array> {
  const { positives, steps = 10, eta = 0.5, temperatures = [1, 0.5], mask, anchor = 0, selfMask = count > 1 } = options;
  const size = samples.length / count;
  check(samples, count, { ...options, steps, eta, temperatures, anchor, selfMask });
  if (steps === 0 || anchor === Number.POSITIVE_INFINITY) return samples.slice();

  const exemplars = positives.length / size;
  const inputs = { x: [1, count, size], positives: [1, exemplars, size] };
  const distance = compile(inputs, ({ x, positives }) => ({ scale: x.cdist(positives, 1e-12).mean() }), runtime);
  const field = compile(
    { ...inputs, scale: [] },
    ({ x, positives, scale }) => {
      // Distances are divided by their mean, so that the kernel widths mean the same for points and pictures.
      const [a, b] = [x.div(scale), positives.div(scale)];
      const total = temperatures
        .map((temperature) => driftField(a, b, a, { temperature, selfMask }))
        .reduce((s, v) => s.add(v));
      return { drift: total.mul(scale) };
    },
    runtime,
  );
  try {
    const { scale } = await distance.run({ x: samples, positives });
    const x = samples.slice();
    for (let step = 0; step < steps; step++) {
      signal?.throwIfAborted();
      const { drift } = await field.run({ x, positives, scale: Math.max(scale[0], 1e-6) });
      for (let i = 0; i < x.length; i++) {
        const allowed = mask ? mask[i % size] : 1;
        if (allowed === 0) continue; // untouched, to the bit
        x[i] = samples[i] + (x[i] + eta * allowed * drift[i] - samples[i]) / (1 + eta * anchor);
      }
      onProgress?.(step + 1, steps);
    }
    return x;
  } finally {
    await distance.release();
    await field.release();
  }
}

function check(
  samples: Float32Array,
  count: number,
  {
    positives,
    steps,
    eta,
    temperatures,
    mask,
    anchor,
    selfMask,
  }: Required<Omit<RefineOptions, "mask">> & RefineOptions,
): void {
  const size = samples.length / count;
  if (!Number.isInteger(size) || size === 0) throw new Error(`${samples.length} numbers are not ${count} samples.`);
  const exemplars = positives.length / size;
  if (!Number.isInteger(exemplars) || exemplars === 0)
    throw new Error(`The exemplars must have ${size} numbers each, got ${positives.length} in all.`);
  if (!(Number.isInteger(steps) && steps >= 0))
    throw new Error(`steps must be a whole number of at least 0, got ${steps}.`);
  if (!(eta > 0 && Number.isFinite(eta))) throw new Error(`eta must be a number above 0, got ${eta}.`);
  if (temperatures.length === 0 || !temperatures.every((value) => value > 0 && Number.isFinite(value)))
    throw new Error(`temperatures must be numbers above 0, at least one, got [${temperatures.join(", ")}].`);
  if (!(anchor >= 0)) throw new Error(`anchor must be at least 0, got ${anchor}.`);
  if (selfMask && count === 1)
    throw new Error(
      "A single sample that does not repel itself is repelled by nothing and stays; give selfMask: false.",
    );
  if (mask && mask.length !== size) throw new Error(`The mask has ${mask.length} entries, a sample ${size}.`);
  const wrong = mask?.find((value) => !(value >= 0 && value <= 1));
  if (wrong !== undefined) throw new Error(`The mask holds numbers from 0 to 1, got ${wrong}.`);
  for (const [what, values] of [
    ["Samples", samples],
    ["Exemplars", positives],
  ] as const) {
    const bad = values.find((value) => !Number.isFinite(value));
    if (bad !== undefined) throw new Error(`${what} must be finite, got ${bad}.`);
  }
}
