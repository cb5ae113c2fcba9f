/// <reference lib="esnext.disposable" preserve="true" />

// Some browsers still lack it; what TypeScript makes of `await using` needs it too.
(Symbol as { asyncDispose?: symbol }).asyncDispose ??= Symbol("Symbol.asyncDispose");

/**
 * What holds sessions, and in worker mode threads, until `release()`; `await using` releases it at the end of its
 * block.
 */
export abstract class Releasable implements AsyncDisposable {
  /** Frees sessions and ends workers; harmless where that is done already. */
  abstract release(): Promise<void>;

  [Symbol.asyncDispose](): Promise<void> {
    return this.release();
  }
}

/** The object, made to work with `await using`. */
export const releasable = <T extends { release(): Promise<void> }>(holder: T): T & AsyncDisposable =>
  Object.assign(holder, { [Symbol.asyncDispose]: () => holder.release() });

/**
 * The work under way of something that holds sessions. A release ends it: its signals abort, and what runs at the
 * moment is waited for, so that no session is freed in the middle of a run or started after it.
 */
export class Work {
  private life = new AbortController();
  private readonly running = new Set<Promise<unknown>>();

  /** `owner` is what errors call the holder. */
  constructor(private readonly owner: string) {}

  /** A signal for work that begins now: it aborts with `given`, and at the next release. */
  signal(given?: AbortSignal): AbortSignal {
    return given ? AbortSignal.any([given, this.life.signal]) : this.life.signal;
  }

  /** Runs what a release waits for. @throws the signal's reason where it has aborted already */
  async run<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    signal.throwIfAborted();
    const promise = work();
    this.running.add(promise);
    try {
      return await promise;
    } finally {
      this.running.delete(promise);
    }
  }

  /** Ends all that is under way, and resolves when none of it runs any longer. */
  async end(): Promise<void> {
    this.life.abort(new DOMException(`${this.owner} was released while it was at work.`, "AbortError"));
    this.life = new AbortController();
    while (this.running.size > 0) await Promise.allSettled(this.running);
  }
}
