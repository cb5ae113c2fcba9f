import type { Work } from "../made-in-turns.js";
import type { MotionDataset } from "../motion-dataset.js";

/** Motions that a procedure makes: nothing of them is fetched or kept. */
export interface MadeMotion {
  title: string;
  /** How much there is, for people. */
  content: string;
  classes: number;
  licence: string;
  attribution: string;
  /** `each`: so many to test with of each class, about; default as `content` says. */
  make(work: Work, each?: number): Promise<MotionDataset>;
}

/** Motions that are made, by name. */
export const made: Record<string, MadeMotion> = {
  locomotion: {
    title: "people who stand, walk, run, turn, jump, wave, … with captions, made from a seed",
    content: "3000 + 300 motions of 3 to 10 s",
    classes: 14,
    licence: "Apache-2.0",
    attribution: "made by fewstep",
    async make(work, each) {
      const { ACTIONS, makeLocomotion } = await import("./locomotion/index.js");
      // Some clips show several actions, each too shortly to be judged
      return makeLocomotion(each === undefined ? {} : { test: Math.ceil(1.5 * ACTIONS.length * each) }, work);
    },
  },
};
