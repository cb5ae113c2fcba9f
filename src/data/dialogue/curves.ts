import type { Random } from "../../random/index.js";
import { DIALOGUE_FPS } from "../dialogue-dataset.js";

/** Seconds of a frame: the middle of it, as for what is heard. */
export const timeOf = (frame: number): number => (frame + 0.5) / DIALOGUE_FPS;

/** A rise from 0 to 1 at `apex` and a fall to 0, each on a quintic curve without a jump in speed: 10s³ − 15s⁴ + 6s⁵. */
export function bump(time: number, apex: number, rise: number, fall: number): number {
  const s = time <= apex ? 1 - (apex - time) / rise : 1 - (time - apex) / fall;
  return s <= 0 ? 0 : s * s * s * (10 - s * (15 - 6 * s));
}

/** Calls `put` for each of `frames` frames from `from` to `to` seconds, with the frame and its time. */
export function overFrames(frames: number, from: number, to: number, put: (frame: number, time: number) => void): void {
  const last = Math.min(frames - 1, Math.ceil(to * DIALOGUE_FPS));
  for (let frame = Math.max(0, Math.floor(from * DIALOGUE_FPS) - 1); frame <= last; frame++) put(frame, timeOf(frame));
}

export const clip = (value: number, low: number, high: number): number => Math.max(low, Math.min(high, value));

/** A Gamma number of a whole shape: the sum of as many exponential ones. */
export function gamma(random: Random, shape: number, scale: number): number {
  let sum = 0;
  for (let i = 0; i < shape; i++) sum -= Math.log(1 - random.uniform());
  return scale * sum;
}
