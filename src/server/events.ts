import { Readable } from "node:stream";
import type { FastifyReply } from "fastify";

/** One server-sent event. */
export interface ServerEvent {
  readonly event: string;
  readonly data: object;
}

/** Answers with events, each as soon as there is one. */
export function sendEvents(reply: FastifyReply, events: AsyncIterable<ServerEvent>): FastifyReply {
  async function* lines() {
    for await (const { event, data } of events) yield `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
  }
  return reply
    .headers({ "cache-control": "no-store", "x-accel-buffering": "no" })
    .type("text/event-stream; charset=utf-8")
    .send(Readable.from(lines(), { objectMode: false }));
}

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
