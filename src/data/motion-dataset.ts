import type { Clip } from "../motion/index.js";
import type { DataReport } from "./report.js";

/** A stretch of a clip that shows one thing. */
export interface Segment {
  /** Frames `start` … `end` − 1 of the clip. */
  readonly start: number;
  readonly end: number;
  /** Sentences that say what it shows, at least one. */
  readonly captions: readonly string[];
  /** Index of its action in the data set's `classNames`; −1 where there are no classes. */
  readonly label: number;
}

/** A motion with what it shows; its segments follow each other without a gap and cover it. */
export interface LabelledClip {
  readonly name: string;
  /** On the body of 22 joints, at the data set's frame rate. */
  readonly clip: Clip;
  readonly segments: readonly Segment[];
}

/** Motions of one frame rate with a train and a test split, by clip: no clip has windows in both. */
export interface MotionDataset {
  id: string;
  kind: "motion";
  fps: number;
  classNames: string[] | null;
  /** Made by a procedure, or captured of people: never mistaken for one another. */
  origin: "procedural" | "captured";
  train: readonly LabelledClip[];
  test: readonly LabelledClip[];
  licence: string;
  attribution: string;
  /** What was read, for data that were found by name or path. */
  report?: DataReport;
}
