import { callsOf, type Staircase, timesAt } from "./schedule.js";

/** Velocities of tokens [B·n·D] at the times of their blocks. */
export type VelocityAt = (tokens: Float32Array, times: Float64Array) => Promise<Float32Array>;

export const samplerNames = ["euler", "renoise"] as const;
export type SamplerName = (typeof samplerNames)[number];

export interface SamplerOptions {
  schedule: Staircase;
  /** Noise of all tokens, [B, n, D]. */
  noise: Float32Array;
  /** Rows B. */
  rows: number;
  /** Clean tokens that it begins with, [B, p, D], whole blocks: they stay as they are. */
  prefix?: Float32Array;
  /**
   * `euler`: the flow's equation, the prefix clean all the time; `renoise`: each step draws noise anew around the clean
   * estimate, in which the prefix is put in place.
   */
  sampler?: SamplerName;
  /** Noise for `renoise`, as many numbers as it is asked for. */
  renew?(count: number): Float32Array;
}

/** The tokens after each call of the network; the last are the sample, behind its prefix. */
export async function* sampleBlocks(velocity: VelocityAt, options: SamplerOptions): AsyncGenerator<Float32Array> {
  const { schedule, noise, rows, prefix = new Float32Array(0), sampler = "euler", renew } = options;
  const per = noise.length / rows;
  const perBlock = per / schedule.blocks;
  const known = prefix.length / rows;
  const blocks = known / perBlock;
  if (!Number.isInteger(blocks) || blocks >= schedule.blocks)
    throw new Error(`A prefix is of whole blocks, fewer than all ${schedule.blocks}, got ${blocks}.`);
  const held = sampler === "euler";
  // A prefix that is held is clean from the start, so that the others begin as if they came first
  const own = held ? { ...schedule, blocks: schedule.blocks - blocks } : schedule;
  const timesOf = (m: number) =>
    held ? Float64Array.of(...new Float64Array(blocks).fill(1), ...timesAt(own, m)) : timesAt(own, m);
  const putPrefix = (tokens: Float32Array) => {
    for (let r = 0; r < rows; r++) tokens.set(prefix.subarray(r * known, (r + 1) * known), r * per);
  };
  let x = noise.slice();
  if (held) putPrefix(x);
  const calls = callsOf(own);
  for (let m = 0; m < calls; m++) {
    const [t, next] = [timesOf(m), timesOf(m + 1)];
    const v = await velocity(x, t);
    const blockOf = (i: number) => Math.floor((i % per) / perBlock);
    if (held) x = x.map((value, i) => value + (next[blockOf(i)] - t[blockOf(i)]) * v[i]);
    else {
      const clean = x.map((value, i) => value + (1 - t[blockOf(i)]) * v[i]);
      putPrefix(clean);
      const fresh = renew!(x.length);
      x = clean.map((value, i) => next[blockOf(i)] * value + (1 - next[blockOf(i)]) * fresh[i]);
    }
    yield x;
  }
}

/** Network calls of `sampleBlocks`. */
export const samplerCalls = (schedule: Staircase, prefixBlocks: number, sampler: SamplerName): number =>
  callsOf(sampler === "euler" ? { ...schedule, blocks: schedule.blocks - prefixBlocks } : schedule);

/** A stretch of a motion that is drawn at once: its first block, and how many of its blocks are drawn already. */
export interface Stretch {
  readonly start: number;
  readonly blocks: number;
  readonly known: number;
}

/** Stretches of at most `window` blocks that a motion is drawn in, each given the last `overlap` blocks so far. */
export function stretchesOf(blocks: number, window: number, overlap: number): Stretch[] {
  const first = { start: 0, blocks: Math.min(blocks, window), known: 0 };
  const stretches: Stretch[] = [first];
  for (let drawn = first.blocks; drawn < blocks; ) {
    const start = drawn - overlap;
    const stretch = { start, blocks: Math.min(window, blocks - start), known: overlap };
    stretches.push(stretch);
    drawn = start + stretch.blocks;
  }
  return stretches;
}
