import { gather, type Sequences } from "../../data/tokens/sequences.js";
import { Random } from "../../random/index.js";
import { type CompileOptions, compile, compileOptions } from "../../runtime/index.js";
import { turn } from "../../runtime/turn.js";
import { type Denoise, inputShapes, processOf } from "./network.js";
import { levelsAt, nelbo } from "./objective.js";
import { corrupt } from "./process.js";
import { drawTimes, schedules } from "./schedule.js";
import type { DiscreteShape } from "./shape.js";

export interface LikelihoodOptions {
  /** Sequences at most, from the first; default all. */
  limit?: number;
  /** Noise levels drawn for each sequence; default 1, the papers' protocol. */
  draws?: number;
  seed?: number;
  /** Aborting ends the work between two batches; the promise rejects with the signal's reason. */
  signal?: AbortSignal;
}

const BATCH = 64;

/**
 * Monte-Carlo NELBO of each sequence in nats per token: `draws` noise levels each, labels where the model has classes.
 * Its mean is an upper bound of the negative log likelihood but for its end terms, which are left out as in the papers:
 * noise below t = 0.001, and the prior at t = 1. Each sequence gets one level in each of `draws` equal parts of time,
 * and within such a part no two sequences share a stratum.
 */
export async function sequenceNelbos(
  net: Denoise,
  shape: DiscreteShape,
  sequences: Sequences,
  { limit = sequences.count, draws = 1, seed = 0, signal }: LikelihoodOptions = {},
  options: CompileOptions = {},
): Promise<Float64Array> {
  const count = Math.min(limit, sequences.count);
  if (!(Number.isInteger(draws) && draws >= 1)) throw new Error(`draws must be a positive whole number, got ${draws}.`);
  if (!(count >= 1)) throw new Error("There is no sequence to measure the likelihood of.");
  if (!Number.isInteger(count)) throw new Error(`limit must be a positive whole number, got ${limit}.`);
  const { classes } = shape;
  const process = processOf(shape);
  const schedule = schedules[shape.schedule]();
  const random = new Random(seed, "likelihood");
  const times = likelihoodTimes(random, count, draws);
  const { tokens, sigma, labels } = inputShapes(shape, BATCH);
  const program = compile(
    {
      clean: tokens,
      noisy: tokens,
      sigma,
      labels,
      alpha: [BATCH],
      rest: [BATCH],
      dAlpha: [BATCH],
    },
    ({ clean, noisy, sigma, labels, ...levels }) => ({
      nats: nelbo(process, net(noisy, sigma, labels), clean, noisy, levels).mean(1),
    }),
    { freeze: true, ...compileOptions(options) },
  );
  const out = new Float64Array(count);
  try {
    for (let at = 0; at < times.length; at += BATCH) {
      await turn();
      signal?.throwIfAborted();
      const n = Math.min(BATCH, times.length - at);
      const place = (b: number) => at + (b % n);
      const indices = Int32Array.from({ length: BATCH }, (_, b) => place(b) % count);
      const clean = gather(sequences, indices);
      const labels = indices.map((i) => sequences.labels?.[i] ?? classes);
      const { alpha, inputs } = levelsAt(
        schedule,
        Float64Array.from({ length: BATCH }, (_, b) => times[place(b)]),
      );
      const { nats } = await program.run({ clean, noisy: corrupt(process, clean, alpha, random), labels, ...inputs });
      for (let b = 0; b < n; b++) out[indices[b]] += nats[b] / draws;
    }
  } finally {
    await program.release();
  }
  return out;
}

/**
 * Times [draws·count], the draws of all sequences one after the other: as many strata as times, those of a draw in
 * random order.
 */
function likelihoodTimes(random: Random, count: number, draws: number): Float64Array {
  const strata = drawTimes(random, count * draws);
  const times = new Float64Array(strata.length);
  for (let at = 0; at < times.length; at += count)
    random.permutation(count).forEach((from, i) => void (times[at + i] = strata[at + from]));
  return times;
}
