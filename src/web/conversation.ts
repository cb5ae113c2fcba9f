import { OptionError } from "../io/wrong-use.js";
import { anySignal, orAborted } from "./abort.js";
import { packError, unpackError } from "./errors.js";
import type { AbortRequest, Answer, Channel, Request } from "./messages.js";
import { unpack } from "./wire.js";

/** Another thread that answers: how it is talked to, and how it ends. */
export interface Other {
  readonly channel: Channel;
  /** Aborts, with an error, where the other thread has failed. */
  readonly failed: AbortSignal;
  end(): void;
}

type Body<R> = R extends unknown ? Omit<R, "id" | "heard"> : never;
export type Listener = (...progress: never[]) => void;
export interface Control {
  signal?: AbortSignal | undefined;
  onProgress?: Listener | undefined;
}

/** What is asked of the other thread, and how that is ended. */
export interface Conversation {
  /** A new number for a request. */
  next(): number;
  /** Asks. An abort rejects at once, whatever the other thread is doing. */
  ask(body: Body<Request>, control?: Control, id?: number): Promise<unknown>;
  /** Forgets the listener of a stream. */
  unhear(id: number): void;
  readonly over: boolean;
  /** Ends all that is asked, which rejects with `reason`, and the other thread. */
  end(reason?: DOMException): void;
}

/** Talks to a thread where `serve` answers. */
export function converse({ channel, failed, end }: Other): Conversation {
  const life = new AbortController();
  const waiting = new Map<number, { resolve(value: unknown): void; reject(error: unknown): void }>();
  const listeners = new Map<number, Listener>();
  let last = 0;
  channel.addEventListener("message", ({ data }: MessageEvent<Answer>) => {
    const { id, value, error, progress } = data;
    if (progress) return listeners.get(id)?.(...(progress as never[]));
    const asked = waiting.get(id);
    waiting.delete(id);
    if (error) asked?.reject(unpackError(error));
    else asked?.resolve(unpack(value));
  });
  const post = (message: Request | AbortRequest) => {
    try {
      channel.postMessage(message, []);
    } catch (error) {
      throw new OptionError(`Options and contexts are plain values and arrays: ${(error as Error).message}`);
    }
  };
  return {
    next: () => ++last,
    async ask(body, { signal, onProgress } = {}, id = ++last) {
      const stop = () => post({ type: "abort", id, reason: packError(signal?.reason) });
      if (onProgress) listeners.set(id, onProgress);
      try {
        return await orAborted(anySignal(signal, life.signal, failed), () => {
          const answer = new Promise((resolve, reject) => void waiting.set(id, { resolve, reject }));
          post({ ...body, id, heard: onProgress !== undefined } as Request);
          signal?.addEventListener("abort", stop, { once: true });
          return answer;
        });
      } finally {
        signal?.removeEventListener("abort", stop);
        if (body.type !== "stream") listeners.delete(id);
      }
    },
    unhear: (id) => void listeners.delete(id),
    get over() {
      return life.signal.aborted;
    },
    end(reason) {
      life.abort(reason);
      end();
    },
  };
}
