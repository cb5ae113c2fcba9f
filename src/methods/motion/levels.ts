import type { Random } from "../../random/index.js";

/** How noise levels are drawn in training. */
export type LevelKind = "independent" | "staircase" | "mixed";

/** Shares of a block's time that the next one waits, from which a staircase is drawn: all at once to one by one. */
const LAGS = [0, 1 / 8, 1 / 4, 1 / 2, 1];

/** Times of a motion's blocks, 0 (noise) to 1 (clean), and which of them count in the loss. */
export interface Levels {
  times: Float32Array;
  counted: Uint8Array;
}

/** A time for each block on its own (CMDM): every mixture of known, half-known and unknown blocks is trained. */
function independent(blocks: number, random: Random): Levels {
  return {
    times: Float32Array.from({ length: blocks }, () => random.uniform()),
    counted: new Uint8Array(blocks).fill(1),
  };
}

/** Times on a staircase, as sampling meets them (FloodDiffusion): what is clean, or waits, does not count. */
function staircase(blocks: number, random: Random): Levels {
  const lag = random.choice(LAGS);
  const now = random.uniform() * (1 + (blocks - 1) * lag);
  const times = Float32Array.from({ length: blocks }, (_, b) => Math.min(1, Math.max(0, now - b * lag)));
  return { times, counted: Uint8Array.from(times, (t) => (t > 0 && t < 1 ? 1 : 0)) };
}

/** Draws the times of a motion's blocks; `mixed` takes either kind half of the time. */
export function drawLevels(kind: LevelKind, blocks: number, random: Random): Levels {
  const stairs = kind === "staircase" || (kind === "mixed" && random.uniform() < 0.5);
  return stairs ? staircase(blocks, random) : independent(blocks, random);
}
