import { GESTURE_CHANNELS, SPINE_LEAN } from "../../motion/gesture-channels.js";
import type { Random } from "../../random/index.js";
import type { Behaviour } from "./behaviour.js";

const WIDTH = GESTURE_CHANNELS.length;
/** Frames after which the partner's leaning is mirrored: 0.4 s. */
export const MIRROR_LAG = 12;

/** A Hann window of 21 frames whose squares sum to 1. */
const HANN = (() => {
  const window = Array.from({ length: 21 }, (_, i) => Math.sin((Math.PI * (i + 1)) / 22) ** 2);
  const energy = Math.sqrt(window.reduce((sum, value) => sum + value * value, 0));
  return window.map((value) => value / energy);
})();

/** Slow leaning of 0.05 rad, from `MIRROR_LAG` frames before the first one on. */
function sway(random: Random, frames: number): Float64Array {
  const noise = Float64Array.from({ length: frames + MIRROR_LAG + HANN.length }, () => random.normal());
  return Float64Array.from({ length: frames + MIRROR_LAG }, (_, at) => {
    let sum = 0;
    for (const [i, weight] of HANN.entries()) sum += weight * noise[at + i];
    return 0.05 * sum;
  });
}

/** Adds to both people's channels [T, 12] how they lean: each in its own way, and as the partner did 0.4 s ago. */
export function addLeaning(
  channels: readonly [Float32Array, Float32Array],
  random: Random,
  { mirror, lean }: Behaviour,
): void {
  const frames = channels[0].length / WIDTH;
  const own = [sway(random, frames), sway(random, frames)];
  for (const [person, values] of channels.entries())
    for (let frame = 0; frame < frames; frame++)
      values[frame * WIDTH + SPINE_LEAN] +=
        lean + (1 - 0.5 * mirror) * own[person][frame + MIRROR_LAG] + mirror * own[1 - person][frame];
}
