import { Readable } from "node:stream";

/** One server-sent event. */
export interface ServerEvent {
  readonly event: string;
  readonly data: object;
}

/** Events as the body of an answer of the type text/event-stream. */
export const eventStream = (events: AsyncIterable<ServerEvent>): Readable =>
  Readable.from(
    (async function* () {
      for await (const { event, data } of events) yield `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
    })(),
    { objectMode: false },
  );

/** What is pushed, as something to iterate over. */
export class Channel<T> implements AsyncIterable<T> {
  private readonly items: T[] = [];
  private ended = false;
  private error: unknown = null;
  private wake = () => {};

  push(item: T): void {
    this.items.push(item);
    this.wake();
  }
  /** No more comes; with an error, the reader gets that at the end. */
  end(error: unknown = null): void {
    this.ended = true;
    this.error = error;
    this.wake();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, void> {
    for (;;) {
      while (this.items.length > 0) yield this.items.shift()!;
      if (this.error) throw this.error;
      if (this.ended) return;
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
    }
  }
}
