import { GESTURE_CHANNELS, NECK_YAW, SPINE_ROLL } from "../../motion/gesture-channels.js";
import type { Random } from "../../random/index.js";
import type { Person } from "./behaviour.js";

const WIDTH = GESTURE_CHANNELS.length;
/** What of one frame's fidgeting is left in the next. */
const KEPT = 0.9;
/** Frames by which the right wrist follows the left one. */
const BEHIND = 3;
/** Noise of the capture in every channel, radians. */
const NOISE = 0.002;

/** Adds small restless turns of wrists, head and trunk to the channels [T, 12], and the noise of a capture. */
export function addFidget(channels: Float32Array, random: Random, { neuroticism }: Person): void {
  const frames = channels.length / WIDTH;
  const size = 0.012 * (1 + 0.7 * Math.max(neuroticism, -0.9));
  const walk = () => {
    let value = (size / Math.sqrt(1 - KEPT * KEPT)) * random.normal();
    return Float64Array.from({ length: frames + BEHIND }, () => {
      value = KEPT * value + size * random.normal();
      return value;
    });
  };
  const [wrists, head, trunk] = [walk(), walk(), walk()];
  for (let frame = 0; frame < frames; frame++) {
    const row = channels.subarray(frame * WIDTH, (frame + 1) * WIDTH);
    row[2] += wrists[frame + BEHIND];
    row[6] += wrists[frame];
    row[NECK_YAW] += 0.6 * head[frame];
    row[SPINE_ROLL] += 0.3 * trunk[frame];
    for (let i = 0; i < WIDTH; i++) row[i] += NOISE * random.normal();
  }
}
