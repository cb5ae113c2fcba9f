import { WrongUse } from "../../io/wrong-use.js";
import { Random } from "../../random/index.js";
import type { DataReport } from "../report.js";
import { type Asking, drawLesson, drawProbe, type Probe } from "./question.js";
import { SIDE } from "./scene.js";
import type { Skill } from "./skill-names.js";

/**
 * What questions are for: training, and apart from it probes that steer a training, decide on it, measure it at the end,
 * or tell what is right without looking.
 */
export const STREAMS = ["train", "steering", "gate", "test", "floor"] as const;
export type Stream = (typeof STREAMS)[number];

/** Pictures of scenes, with questions and answers, drawn from a seed without end. */
export interface SceneDataset {
  id: string;
  kind: "questions";
  height: typeof SIDE;
  width: typeof SIDE;
  channels: 3;
  /** Lesson `index` of those that a seed gives to train on: a scene and `count` questions about it. */
  lesson(at: { seed: number; index: number }, count: number, asking?: Asking): ReturnType<typeof drawLesson>;
  /** Probe `index` of a stream and skill: a scene of its own, each answer equally often. */
  probe(stream: Exclude<Stream, "train">, skill: Skill, index: number): Probe;
  licence: string;
  attribution: string;
  /** What was read, for data that were found by name or path. */
  report?: DataReport;
}

/** Scenes by a seed. Streams have no random number in common: no picture of one is in another but by chance. */
export function scenes({ seed = 0 }: { seed?: number } = {}): SceneDataset {
  if (!Number.isSafeInteger(seed)) throw new WrongUse(`seed must be a whole number, got ${seed}.`);
  const streams = Object.fromEntries(STREAMS.map((name) => [name, new Random(seed, "scenes").split(name)]));
  return {
    ...{ id: "scenes", kind: "questions", height: SIDE, width: SIDE, channels: 3 },
    lesson: (at, count, asking) => drawLesson(streams.train.split(at.seed).split(at.index), count, asking),
    probe: (stream, skill, index) => drawProbe(skill, streams[stream].split(skill).split(index)),
    ...{ licence: "Apache-2.0", attribution: "made by fewstep" },
  };
}
