import type { Channels } from "../io/channels.js";
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
  | SessionJob;

/** The next block of a live session, which begins with its first one. All are of one thread. */
export type SessionJob = BlockJob | TalkJob;

interface OfSession {
  readonly place: Place;
  /** Number of the session. */
  readonly session: number;
  /** Of a first block: what the session is asked for. */
  readonly begin?: SampleOptions;
}

/** What has changed in a live session since its last block; null is none. */
export interface SessionChanges {
  text?: string | null;
  guidance?: number;
  /** The path that the root follows. */
  points?: readonly Spot[] | null;
}

/** A block of a motion. */
export interface BlockJob extends OfSession, Readonly<SessionChanges> {
  readonly type: "block";
}

/** Samples of two voices, equally many; null: silence. */
export type Voices = readonly [Float32Array | null, Float32Array | null];

/** A block of two people who talk, if enough has come for it. */
export interface TalkJob extends OfSession {
  readonly type: "talk";
  /** What has come since the last job. */
  readonly voices: readonly Voices[];
  readonly changes: SampleOptions;
}

/** Images as plain data: pixels [count, channels, height, width] in [−1, 1]. */
export interface ImageBatch {
  readonly kind: "image";
  readonly pixels: Float32Array;
  readonly count: number;
  readonly channels: Channels;
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

/** A block of two people who talk; null where not enough has been heard for it. */
export interface TalkBlock {
  readonly kind: "talk";
  readonly people: readonly [Clip, Clip] | null;
  /** How probable it is that each speaks, frame by frame. */
  readonly speech: readonly [Float32Array, Float32Array];
}
export type Drawn = ImageBatch | TextBatch | MotionBatch | TalkBlock;

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
