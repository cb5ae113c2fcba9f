import type { SampleRequest } from "../models/generator.js";
import { turn } from "../runtime/turn.js";
import { HttpError } from "./errors.js";
import type { Settings } from "./options.js";
import type { Pool } from "./pool.js";
import type { Drawn, DrawnStep, Job, Place } from "./protocol.js";

/** A request that waits for a worker, or is being drawn. */
interface Ticket {
  readonly job: Job;
  /** What requests must have in common to share a batch; null: it is drawn alone. */
  sharing: string | null;
  readonly count: number;
  readonly since: number;
  readonly onStep?: (step: DrawnStep) => void;
  resolve(drawn: readonly Drawn[]): void;
  reject(error: unknown): void;
  /** Its client has gone, or its time is over. */
  gone: boolean;
  /** Tells the batch that it is in that it has gone. */
  leave(): void;
}

/** What happens in the queue, for metrics. */
export interface Watch {
  batch(requests: number, samples: number, seconds: number): void;
}

type Limits = Pick<Settings, "maxBatch" | "batchWindow" | "maxQueue" | "maxSeconds">;

/**
 * The queue before the workers. Requests that can share a batch share one: those that wait while the workers are busy,
 * or come within a few milliseconds. First come, first served; the queue is bounded, and who goes away frees the place.
 */
export class Scheduler {
  private readonly waiting: Ticket[] = [];
  private readonly underWay = new Set<Promise<unknown>>();
  private timer: NodeJS.Timeout | null = null;
  private closing = false;

  constructor(
    private readonly pool: Pool,
    private readonly limits: Limits,
    private readonly watch: Watch = { batch: () => {} },
  ) {}

  /** Requests that wait. */
  get queued(): number {
    return this.waiting.length;
  }
  /** Batches and single jobs under way. */
  get running(): number {
    return this.underWay.size;
  }

  /**
   * Draws requests that can be drawn together; with those of others, where model and `sharing` are the same. `count` is
   * that of all their samples. @throws HttpError 429, 503; the model's errors
   */
  draw(
    place: Place,
    requests: readonly SampleRequest[],
    { sharing, count, signal }: { sharing: string; count: number; signal: AbortSignal },
  ): Promise<readonly Drawn[]> {
    const { folder, version } = place;
    const job: Job = { type: "draw", place: { folder, version }, requests };
    return this.enter(job, `${version} ${folder} ${sharing}`, count, signal);
  }

  /** Does a job alone. Its steps come as they are drawn. @throws as `draw` */
  alone(
    job: Job,
    { count, signal, onStep }: { count: number; signal: AbortSignal; onStep?: (step: DrawnStep) => void },
  ): Promise<readonly Drawn[]> {
    return this.enter(job, null, count, signal, onStep);
  }

  private async enter(
    job: Job,
    sharing: string | null,
    count: number,
    signal: AbortSignal,
    onStep?: Ticket["onStep"],
  ): Promise<readonly Drawn[]> {
    signal.throwIfAborted();
    if (this.closing) throw new HttpError(503, "The server is shutting down.", null, { connection: "close" });
    const { maxQueue, maxSeconds } = this.limits;
    if (this.waiting.length >= maxQueue)
      throw new HttpError(429, `${maxQueue} requests wait already; try again in a moment.`, null, {
        "retry-after": "1",
      });
    let timeout: NodeJS.Timeout | undefined;
    let abort = () => {};
    try {
      return await new Promise<readonly Drawn[]>((resolve, reject) => {
        const ticket: Ticket = {
          ...{ job, sharing, count, onStep, resolve, reject },
          since: performance.now(),
          gone: false,
          leave: () => this.remove(ticket),
        };
        const go = (reason: unknown) => {
          ticket.gone = true;
          ticket.leave();
          reject(reason);
        };
        abort = () => go(signal.reason);
        signal.addEventListener("abort", abort, { once: true });
        const late = `This took longer than the ${maxSeconds} seconds that a request may take here; ask for less.`;
        timeout = setTimeout(() => go(new HttpError(503, late)), 1000 * maxSeconds);
        this.waiting.push(ticket);
        this.pump();
      });
    } finally {
      clearTimeout(timeout);
      signal.removeEventListener("abort", abort);
    }
  }

  private remove(ticket: Ticket): void {
    const at = this.waiting.indexOf(ticket);
    if (at >= 0) this.waiting.splice(at, 1);
  }

  /** Gives work to idle workers. */
  private pump(): void {
    if (this.timer) clearTimeout(this.timer);
    this.timer = null;
    for (;;) {
      const first = this.waiting.find(({ job }) => this.pool.free(job));
      if (!first) return;
      const group = this.companyOf(first);
      const full = group.reduce((sum, { count }) => sum + count, 0) >= this.limits.maxBatch;
      const left = first.since + this.limits.batchWindow - performance.now();
      if (first.sharing !== null && !full && left > 0 && !this.closing) {
        this.timer = setTimeout(() => this.pump(), left);
        return;
      }
      for (const ticket of group) this.remove(ticket);
      const work = this.work(group).finally(() => {
        this.underWay.delete(work);
        this.pump();
      });
      this.underWay.add(work);
    }
  }

  /** A ticket, and those behind it that fit into its batch. */
  private companyOf(first: Ticket): Ticket[] {
    if (first.sharing === null) return [first];
    const group: Ticket[] = [];
    let total = 0;
    for (const ticket of this.waiting) {
      if (ticket.sharing !== first.sharing || (ticket !== first && total + ticket.count > this.limits.maxBatch))
        continue;
      group.push(ticket);
      total += ticket.count;
    }
    return group;
  }

  /** Draws a group; ends it when all of its clients have gone. Never throws. */
  private async work(group: readonly Ticket[]): Promise<void> {
    const controller = new AbortController();
    const check = () => {
      if (group.every(({ gone }) => gone)) controller.abort();
    };
    for (const ticket of group) ticket.leave = check;
    const [{ job, onStep }] = group;
    const joined: Job = job.type === "draw" ? { ...job, requests: group.flatMap(requestsOf) } : job;
    const began = performance.now();
    try {
      const drawn = await this.pool.run(joined, controller.signal, onStep);
      const samples = group.reduce((sum, { count }) => sum + count, 0);
      this.watch.batch(group.length, samples, (performance.now() - began) / 1e3);
      this.pump();
      await this.deliver(group, drawn);
    } catch (error) {
      if (group.length === 1 || controller.signal.aborted) for (const ticket of group) ticket.reject(error);
      else this.separate(group); // the fault of one is not the others'
    }
  }

  /** Hands out what was drawn, with a turn of the event loop now and then: encoding many pictures holds it up. */
  private async deliver(group: readonly Ticket[], drawn: readonly Drawn[]): Promise<void> {
    let at = 0;
    for (const [i, ticket] of group.entries()) {
      const own = group.length === 1 ? drawn.length : requestsOf(ticket).length;
      ticket.resolve(drawn.slice(at, (at += own)));
      if (i % 8 === 7) await turn();
    }
  }

  private separate(group: readonly Ticket[]): void {
    const still = group.filter(({ gone }) => !gone).map((ticket) => Object.assign(ticket, { sharing: null }));
    for (const ticket of still) ticket.leave = () => this.remove(ticket);
    this.waiting.unshift(...still);
  }

  /** Takes nothing new, and resolves when what waits and runs is done. */
  async close(): Promise<void> {
    this.closing = true;
    this.pump();
    while (this.underWay.size > 0) await Promise.allSettled(this.underWay);
  }
}

const requestsOf = ({ job }: Ticket): readonly SampleRequest[] => (job.type === "draw" ? job.requests : []);
