import type { SampleOptions, SampleRequest } from "../models/generator.js";
import type { Clip, Spot } from "../motion/index.js";
import type { DeviceName } from "../runtime/index.js";

/** Where a model's files are, and which state of them is meant. */
export interface Place {
  readonly folder: string;
  readonly version: string;
}

/** What a worker thread is asked to do; one thing at a time. */
export type Job =
  | { readonly type: "draw"; readonly place: Place; readonly requests: readonly SampleRequest[] }
  | { readonly type: "stream"; readonly place: Place; readonly request: SampleRequest }
  | {
      readonly type: "edit";
      readonly place: Place;
      readonly verb: string;
      readonly pictures: ImageBatch;
      readonly mask?: Float32Array;
      readonly options: object;
    }
  | BlockJob;

/** What has changed in a live session since its last block; null is none. */
export interface SessionChanges {
  text?: string | null;
  guidance?: number;
  /** The path that the root follows. */
  points?: readonly Spot[] | null;
}

/** The next block of a live session, which begins with its first one. Each is of one thread. */
export interface BlockJob extends Readonly<SessionChanges> {
  readonly type: "block";
  readonly place: Place;
  /** Number of the session. */
  readonly session: number;
  /** Of a first block: what the session is asked for. */
  readonly begin?: SampleOptions;
}

/** Images as plain data: pixels [count, channels, height, width] in [−1, 1]. */
export interface ImageBatch {
  readonly kind: "image";
  readonly pixels: Float32Array;
  readonly count: number;
  readonly channels: 1 | 3;
  readonly height: number;
  readonly width: number;
  readonly labels: Int32Array | null;
}

/** Texts as plain data; tokens [count·length]. */
export interface TextBatch {
  readonly kind: "text";
  readonly strings: readonly string[];
  readonly lines: boolean;
  readonly tokens: Int32Array | null;
}

/** Motions as plain data. */
export interface MotionBatch {
  readonly kind: "motion";
  readonly clips: readonly Clip[];
  readonly prompts: readonly string[] | null;
}
export type Drawn = ImageBatch | TextBatch | MotionBatch;

/** Where a sampler stands. */
export interface DrawnStep {
  readonly step: number;
  readonly steps: number;
  readonly evaluations: number;
  /** Number of the batch's first sample. */
  readonly first: number;
  readonly output: Drawn;
}

/** How a worker thread computes. */
export interface WorkerSettings {
  readonly device: DeviceName | "auto";
  readonly threads: number;
  /** Models that it keeps in memory. */
  readonly maxLoaded: number;
  /** Modules that register methods of one's own. */
  readonly use: readonly string[];
}

export type ToWorker =
  | { readonly type: "job"; readonly job: Job }
  | { readonly type: "abort" }
  /** A session is over. */
  | { readonly type: "end"; readonly session: number };
export type FromWorker =
  | { readonly type: "ready" }
  | { readonly type: "step"; readonly step: DrawnStep }
  | { readonly type: "done"; readonly drawn: readonly Drawn[] }
  | {
      readonly type: "failed";
      readonly name: string;
      readonly message: string;
      readonly stack?: string;
      readonly wrongUse?: boolean;
    };
