import type { ProgressReport } from "../data/index.js";
import type { Kept } from "./state.js";

/** Samples for the eye: pictures or text. */
export type SampleSheet = PictureSheet | TextSheet;
export interface TextSheet {
  texts: readonly string[];
}
export interface PictureSheet {
  /** Row-major [N, C, H, W], values in [−1, 1]. */
  pixels: Float32Array;
  shape: [number, number, number, number];
  columns?: number;
  /** Names of the rows, for the report. */
  labels?: readonly string[];
}

/** A part of a training recipe: one loop with one set of things that it changes. */
export interface Stage {
  /** Letters, digits, `-` and `_`; unique within the run. */
  name: string;
  steps: number;
  /** Images per step, for the rate. */
  batch: number;
  /**
   * Everything that `step` changes and reads again: parameters, optimiser, averages, random numbers, data positions.
   */
  state: Record<string, Kept>;
  /**
   * Training step `k` (from 0), a function of `state` and `k` alone. Returns what is logged; where `loss` or `norm` is
   * not finite the run stops.
   */
  step(k: number): Promise<Record<string, number>>;
  /** Whether it ends before all its steps are made, as nothing is left to be learnt: a function of `state` alone. */
  done?(): boolean;
  /** What of it so many ranks cannot divide among them, as a sentence; null: nothing. */
  undivided?(ranks: number): string | null;
  /** Brings `state` up to date where training keeps it elsewhere (on a GPU); before it is saved or sampled from. */
  settle?(): Promise<void>;
  /** Runs `work` with what the stage would leave if it ended now, such as its average, in place; default: as it is. */
  presented?<T>(work: () => Promise<T>): Promise<T>;
  /** Draws samples for the eye, without changing `state`. */
  sample?(): Promise<SampleSheet>;
  /**
   * Called at the end of the stage, and again when a resumed run loads the finished stage. A function of `state` alone.
   */
  finish?(): Promise<void>;
}

/** Where a run stands. */
export interface Position {
  stage: string;
  /** Training steps made in this stage. */
  stageStep: number;
  /** Training steps made in the whole run. */
  step: number;
  /** Wall-clock time of the run so far, over all its sessions. */
  seconds: number;
}

export type ProgressEvent =
  /** How far the data are prepared, before the first step. */
  | { type: "data"; report: ProgressReport }
  | { type: "stage"; stage: string; steps: number; stageStep: number }
  | {
      type: "step";
      stage: string;
      steps: number;
      /** Training steps made in this stage. */
      stageStep: number;
      /** Training steps made in the whole run. */
      step: number;
      metrics: Record<string, number>;
      imagesPerSecond: number;
      /** Seconds until the end of this stage. */
      eta: number;
    }
  | { type: "checkpoint" | "sample" | "report"; path: string }
  | { type: "warning" | "info"; message: string }
  | { type: "end"; status: "finished" | "interrupted" | "failed" };
