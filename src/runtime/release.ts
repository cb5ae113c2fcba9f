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
