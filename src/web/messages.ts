import type { ModelBlobs } from "../models/files.js";
import type { SampleOptions } from "../models/generator.js";
import type { ErrorMessage } from "./errors.js";
import type { CreateOptions } from "./generator.js";

/** Calls that are answered once. */
export type CallName = "cost" | "sample" | "noise" | "edit" | "tokens" | "session" | "ask";

/** What a page asks of the thread with the generator. `heard`: progress is told. */
export type Request = { readonly id: number; readonly heard: boolean } & (
  | {
      readonly type: "open";
      readonly source: string | ModelBlobs;
      /** Whether the model has to answer questions, and not to draw. */
      readonly answers?: boolean;
      readonly options: Pick<CreateOptions, "kind" | "device" | "threads" | "cache" | "weights">;
      readonly wasmFolder: string | undefined;
    }
  /** `context` is packed, and has neither signal nor listener; null for calls that take none. */
  | {
      readonly type: "call";
      readonly name: CallName;
      readonly args: readonly unknown[];
      readonly context: object | null;
    }
  | { readonly type: "stream"; readonly options: SampleOptions | undefined; readonly context: object }
  | { readonly type: "next" | "leave"; readonly stream: number }
);
/** Calls off what was asked for under this number. */
export interface AbortRequest {
  readonly type: "abort";
  readonly id: number;
  readonly reason: ErrorMessage;
}

/** What is answered: a value or an error at the end, progress before. */
export interface Answer {
  readonly id: number;
  readonly value?: unknown;
  readonly error?: ErrorMessage;
  readonly progress?: readonly unknown[];
}

/** A worker as its page sees it, a page as its worker does, or a port of a `MessageChannel`. */
export interface Channel {
  postMessage(message: Request | AbortRequest | Answer, transfer: Transferable[]): void;
  addEventListener(type: "message", listener: (event: MessageEvent) => void): void;
}
