import { WrongUse } from "../../../io/wrong-use.js";
import { Random } from "../../../random/index.js";
import { madeInTurns, type Work } from "../../made-in-turns.js";
import type { MotionDataset } from "../../motion-dataset.js";
import { type ClipOptions, drawClip, type LocomotionClip } from "./clip.js";
import { FPS } from "./perform.js";
import { ACTIONS } from "./slots.js";

export { captionsOf, phrase } from "./captions.js";
export type { LocomotionClip } from "./clip.js";
export { ACTIONS, type Action, type Hand, mirrorSlots, type Pace, type Slots } from "./slots.js";

export interface LocomotionOptions extends Partial<ClipOptions> {
  /** To train on; 3000 if absent. */
  readonly clips?: number;
  /** To test with, of seeds of their own; a tenth as many if absent. */
  readonly test?: number;
  /** The same seed gives the same bytes; 0 if absent. */
  readonly seed?: number;
}

export interface LocomotionDataset extends MotionDataset {
  classNames: string[];
  train: readonly LocomotionClip[];
  test: readonly LocomotionClip[];
}

/** Bounds of a clip's frames: shorter ones show too little, longer ones no action is made for. */
const FRAMES = [64, 192] as const;

const requireThat = (holds: boolean, message: string): void => {
  if (!holds) throw new WrongUse(message);
};

/**
 * Motions of people that stand, walk, run, turn, jump, wave, … made by a procedure from a seed, with captions and the
 * truth about each: 64 to 192 frames at 20 fps on the body of 22 joints. Clip i is the same however many there are.
 *
 * @throws WrongUse for numbers out of range.
 */
export function locomotion(options: LocomotionOptions = {}): LocomotionDataset {
  const { about, train, test } = plan(options);
  return { ...about, train: train.map((make) => make()), test: test.map((make) => make()) };
}

/** {@link locomotion} in a time of its own: events have their turn, and the signal stops it. */
export async function makeLocomotion(options: LocomotionOptions = {}, work: Work = {}): Promise<LocomotionDataset> {
  const { about, train, test } = plan(options);
  const all = await madeInTurns([...train, ...test], { task: "making motions", unit: "motions", ...work });
  return { ...about, train: all.slice(0, train.length), test: all.slice(train.length) };
}

/** What a data set says of itself, and what makes each of its clips. */
function plan(options: LocomotionOptions) {
  const { clips = 3000, seed = 0, sequences = 0.3, frames = FRAMES } = options;
  const { test = Math.ceil(clips / 10) } = options;
  for (const [name, count] of Object.entries({ clips, test }))
    requireThat(Number.isInteger(count) && count >= 0, `${name} must be a whole number, at least 0, got ${count}.`);
  requireThat(sequences >= 0 && sequences <= 1, `sequences is a share from 0 to 1, got ${sequences}.`);
  const [least, most] = frames;
  requireThat(
    Number.isInteger(least) && Number.isInteger(most) && FRAMES[0] <= least && least <= most && most <= FRAMES[1],
    `frames are the fewest and the most of a clip, whole numbers from ${FRAMES.join(" to ")}, got ${least} and ${most}.`,
  );
  const random = new Random(seed);
  const makers = (split: "train" | "test", count: number) =>
    Array.from(
      { length: count },
      (_, i) => () => drawClip(`${split}-${i}`, random.split(split).split(i), { sequences, frames }),
    );
  const about = {
    ...({ id: "locomotion", kind: "motion", fps: FPS, origin: "procedural" } as const),
    ...{ classNames: [...ACTIONS], licence: "Apache-2.0", attribution: "made by fewstep" },
  };
  return { about, train: makers("train", clips), test: makers("test", test) };
}
