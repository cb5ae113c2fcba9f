import type { Channels } from "../io/channels.js";
import type { Answer } from "../models/answerer.js";
import type { ModelConfig } from "../models/config.js";
import type { OptionInfo } from "../models/options.js";
import type { DeviceName } from "../runtime/index.js";
import type { Pictures } from "./pictures.js";
import type { StartOptions } from "./start.js";

/** What a model that answers is, without its network. It can be sent between threads. */
export interface AnswererInfo {
  readonly kind: "answer";
  readonly method: string;
  readonly name: string;
  readonly config: ModelConfig;
  /** Size of the pictures that it looks at. */
  readonly image: { readonly height: number; readonly width: number; readonly channels: Channels };
  /** Every word that questions and answers can have. */
  readonly words: readonly string[];
  /** What an answer may be asked for, by name. */
  readonly options: Readonly<Record<string, OptionInfo>>;
  /** Where it computes, and with how many threads. */
  readonly device: DeviceName;
  readonly threads: number;
}

/** What an answer may be asked for, beside picture and question. */
export interface AskOptions {
  /** 0 (default): the likeliest word each time; 1: words as likely as the model says. */
  temperature?: number;
  /** Of a temperature above 0: the same seed gives the same answer. */
  seed?: number;
}
export const ASK_OPTIONS: readonly string[] = ["temperature", "seed"];

/** A word of an answer that is being written. */
export interface SpokenWord {
  readonly text: string;
  /** How likely the model says that it is after those before it. */
  readonly probability: number;
  /** Milliseconds after the work on the question began. */
  readonly ms: number;
}

/** What comes beside the options of a question. */
export interface AskContext {
  /** Told of each word as it is written. */
  onWord?(word: SpokenWord): void;
  /** Aborting ends the work, or removes it from the queue; the promise rejects with the signal's reason. */
  signal?: AbortSignal;
}
export const ASK_CONTEXT: readonly string[] = ["onWord", "signal"];

/** An answer, and how long it took. */
export interface AskedAnswer extends Answer {
  /** Milliseconds that it was worked on, without waiting for its turn. */
  readonly ms: number;
}

/** A model that answers questions about pictures, in a worker or in the page's own thread, one after the other. */
export interface WebAnswerer extends AnswererInfo {
  /** Whether it computes in a worker, which leaves the page its thread. */
  readonly worker: boolean;
  /**
   * Answers a question about one picture of the model's size (`image`), as Node does.
   * @throws OptionError where picture, question or options cannot be
   */
  ask(
    picture: Pictures | ImageData,
    question: string,
    options?: AskOptions,
    context?: AskContext,
  ): Promise<AskedAnswer>;
  /** Ends what is being answered, which rejects with an `AbortError`, and frees the model and its worker. */
  dispose(): Promise<void>;
}

/** How an answerer is made. */
export interface AnswererOptions extends StartOptions {}
