import { Random } from "../../random/index.js";
import { type CompileOptions, compile } from "../../runtime/index.js";
import { gather, type Sequences } from "../shared/tokens/sequences.js";
import type { DiscreteShape } from "./config.js";
import { type DiscreteNetwork, inputShapes, processOf } from "./network.js";
import { levelsAt, nelbo } from "./objective.js";
import { corrupt } from "./process.js";
import { drawTimes, schedules } from "./schedule.js";

export interface LikelihoodOptions {
  /** Sequences at most, from the first; default all. */
  limit?: number;
  /** Noise levels drawn for each sequence; default 1, the papers' protocol. */
  draws?: number;
  seed?: number;
}

const BATCH = 64;

/**
 * Monte-Carlo NELBO of each sequence in nats per token, an upper bound of its negative log likelihood: `draws` noise levels each, of low
 * discrepancy over a batch. Labels are given where the model has classes.
 */
export async function sequenceNelbos(
  net: DiscreteNetwork,
  shape: DiscreteShape,
  sequences: Sequences,
  { limit = sequences.count, draws = 1, seed = 0 }: LikelihoodOptions = {},
  options: CompileOptions = {},
): Promise<Float64Array> {
  const count = Math.min(limit, sequences.count);
  if (!(Number.isInteger(draws) && draws >= 1)) throw new Error(`draws must be a positive whole number, got ${draws}.`);
  if (!(count >= 1)) throw new Error("There is no sequence to measure the likelihood of.");
  const { classes } = shape;
  const process = processOf(shape);
  const schedule = schedules[shape.schedule]();
  const random = new Random(seed, "likelihood");
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
    { freeze: true, ...options },
  );
  const out = new Float64Array(count);
  try {
    for (let at = 0; at < count; at += BATCH) {
      const n = Math.min(BATCH, count - at);
      const indices = Int32Array.from({ length: BATCH }, (_, b) => at + (b % n));
      const clean = gather(sequences, indices);
      const labels = indices.map((i) => sequences.labels?.[i] ?? classes);
      for (let draw = 0; draw < draws; draw++) {
        const { alpha, inputs } = levelsAt(schedule, drawTimes(random, BATCH));
        const { nats } = await program.run({ clean, noisy: corrupt(process, clean, alpha, random), labels, ...inputs });
        for (let b = 0; b < n; b++) out[at + b] += nats[b] / draws;
      }
    }
  } finally {
    await program.release();
  }
  return out;
}
