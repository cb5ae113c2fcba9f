import { driftField } from "../../recipes/drift/field.js";
import { compile } from "../../runtime/index.js";

export interface RefineOptions {
  /** Exemplars to drift towards, [P, size]. */
  positives: Float32Array;
  /** Drift updates; 0 returns the samples as they are. */
  steps?: number;
  /** Length of an update; default 0.5. */
  eta?: number;
  /** Kernel widths relative to the mean distance between samples and exemplars, coarse to fine; default [1, 0.5]. */
  temperatures?: readonly number[];
  /** Which coordinates may move, [size] of 0 … 1; default all. */
  mask?: Float32Array;
  /** Pull back to the start, ≥ 0; infinity returns the start. */
  anchor?: number;
  /** Whether a sample is kept from repelling itself; default true. */
  selfMask?: boolean;
}

/**
 * Drift at inference, an extension of ours (the paper drifts only in training): samples [count, size] move along
 * Algorithm 2's field towards chosen exemplars and away from each other, x ← x₀ + (x + η·mask·V − x₀)/(1 + η·anchor).
 * No network is evaluated, and the one-step quality figures hold for `steps: 0` only. A single sample has nothing to be
 * repelled by: V would be zero, so it needs
 * `selfMask: false` or company.
 */
export async function refine(
  samples: Float32Array,
  count: number,
  { positives, steps = 10, eta = 0.5, temperatures = [1, 0.5], mask, anchor = 0, selfMask = count > 1 }: RefineOptions,
): Promise<Float32Array> {
  const size = samples.length / count;
  if (!Number.isInteger(size) || size === 0) throw new Error(`${samples.length} numbers are not ${count} samples.`);
  const exemplars = positives.length / size;
  if (!Number.isInteger(exemplars) || exemplars === 0)
    throw new Error(`The exemplars must have ${size} numbers each, got ${positives.length} in all.`);
  if (!(Number.isInteger(steps) && steps >= 0))
    throw new Error(`steps must be a whole number of at least 0, got ${steps}.`);
  if (!(anchor >= 0)) throw new Error(`anchor must be at least 0, got ${anchor}.`);
  if (mask && mask.length !== size) throw new Error(`The mask has ${mask.length} entries, a sample ${size}.`);
  for (const value of samples) if (!Number.isFinite(value)) throw new Error(`Samples must be finite, got ${value}.`);
  if (steps === 0 || anchor === Number.POSITIVE_INFINITY) return samples.slice();

  const program = compile(
    { x: [1, count, size], positives: [1, exemplars, size], scale: [] },
    ({ x, positives, scale }) => {
      // Distances are divided by their mean, so that the kernel widths mean the same for points and pictures.
      const [a, b] = [x.div(scale), positives.div(scale)];
      const total = temperatures
        .map((temperature) => driftField(a, b, a, { temperature, selfMask }))
        .reduce((s, v) => s.add(v));
      return { drift: total.mul(scale) };
    },
  );
  const scale = meanDistance(samples, positives, size);
  const x = samples.slice();
  for (let step = 0; step < steps; step++) {
    const { drift } = await program.run({ x, positives, scale });
    for (let i = 0; i < x.length; i++) {
      const allowed = mask ? mask[i % size] : 1;
      if (allowed === 0) continue; // untouched, to the bit
      x[i] = samples[i] + (x[i] + eta * allowed * drift[i] - samples[i]) / (1 + eta * anchor);
    }
  }
  await program.release();
  return x;
}

function meanDistance(samples: Float32Array, positives: Float32Array, size: number): number {
  let sum = 0;
  let pairs = 0;
  for (let i = 0; i < samples.length; i += size)
    for (let j = 0; j < positives.length; j += size, pairs++) {
      let squared = 0;
      for (let k = 0; k < size; k++) squared += (samples[i + k] - positives[j + k]) ** 2;
      sum += Math.sqrt(squared);
    }
  return Math.max(sum / pairs, 1e-6);
}
