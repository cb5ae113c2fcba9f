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
  make(work: Work): Promise<MotionDataset>;
}

/** Motions that are made, by name. */
export const made: Record<string, MadeMotion> = {
  locomotion: {
    title: "people who stand, walk, run, turn, jump, wave, … with captions, made from a seed",
    content: "3000 + 300 motions of 3 to 10 s",
    classes: 14,
    licence: "Apache-2.0",
    attribution: "made by fewstep",
    make: async (work) => (await import("./locomotion/index.js")).makeLocomotion({}, work),
  },
};
