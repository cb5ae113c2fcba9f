import { DIALOGUE_FPS, type Dialogue } from "../../data/dialogue-dataset.js";
import { energyOf } from "../../metrics/gesture/index.js";
import { mean } from "../../metrics/quantile.js";
import {
  ARM_CHANNELS,
  channelsOf,
  GESTURE_CHANNELS,
  NECK_PITCH,
  NECK_YAW,
  SPINE_LEAN,
} from "../../motion/gesture-channels.js";

export const CHANNELS = GESTURE_CHANNELS.length;

/** One person of a dialogue whose motion is known. */
export interface Mover {
  readonly dialogue: Dialogue;
  readonly side: 0 | 1;
  /** [T, 12] */
  readonly channels: Float32Array;
}

/** Everybody in dialogues whose motion is known throughout. */
export const moversOf = (dialogues: readonly Dialogue[]): Mover[] =>
  dialogues.flatMap((dialogue) =>
    ([0, 1] as const).flatMap((side) => {
      const { gesture, valid } = dialogue.people[side];
      const whole = gesture && (!valid || valid.every((one) => one === 1));
      return whole ? [{ dialogue, side, channels: channelsOf(gesture) }] : [];
    }),
  );

/** Names of the hand-made features of a window: what relations and traits are told by. */
export const HAND_FEATURES = [
  ...["mean lean", "spread of lean", "arm speed", "arm spread", "head speed", "pitch spread"],
  ...["wrist speed", "peak of arm speed", "left arm's share", "roll spread"],
] as const;

/** The ten numbers of a window of channels [T, 12], T ≥ 2. */
export function handFeatures(channels: Float32Array): Float64Array {
  const column = (i: number) => channels.filter((_, at) => at % CHANNELS === i);
  const spread = (values: ArrayLike<number>) => {
    const centre = mean(values);
    return Math.sqrt(mean(Array.from(values, (value) => (value - centre) ** 2)));
  };
  const speed = (from: number, to: number) => energyOf(channels, CHANNELS, { fps: DIALOGUE_FPS, from, to });
  const [arms, left] = [speed(0, ARM_CHANNELS), mean(speed(0, 4))];
  return Float64Array.of(
    mean(column(SPINE_LEAN)),
    spread(column(SPINE_LEAN)),
    Math.log(mean(arms) + 1e-6),
    Math.hypot(...[0, 1, 4, 5].map((i) => spread(column(i)))),
    mean(speed(NECK_PITCH, NECK_YAW + 1)),
    spread(column(NECK_PITCH)),
    Math.log(mean(speed(2, 3)) + mean(speed(6, 7)) + 1e-6),
    Math.log(arms.reduce((a, b) => Math.max(a, b), 0) + 1e-6),
    left / (left + mean(speed(4, 8)) + 1e-6),
    spread(column(GESTURE_CHANNELS.length - 1)),
  );
}
