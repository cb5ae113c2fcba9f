import type { Worker } from "node:worker_threads";
import { startThread } from "../runtime/start-thread.js";
import { siblingModule } from "../runtime/thread.js";
import type { Drawn, DrawnStep, FromWorker, Job, ToWorker, WorkerSettings } from "./protocol.js";

/** A job under way in a worker thread. */
interface Running {
  onStep?(step: DrawnStep): void;
  resolve(drawn: readonly Drawn[]): void;
  reject(error: Error): void;
}

/** One worker thread, which is started anew at the next job where it has ended. */
class Member {
  private thread: Promise<Worker> | null = null;
  private running: Running | null = null;
  private settled: Promise<void> = Promise.resolve();
  /** Live sessions that it holds. */
  readonly sessions = new Set<number>();

  constructor(private readonly settings: WorkerSettings) {}

  get idle(): boolean {
    return this.running === null;
  }

  async run(job: Job, signal: AbortSignal, onStep?: Running["onStep"]): Promise<readonly Drawn[]> {
    const result = new Promise<readonly Drawn[]>((resolve, reject) => {
      this.running = { onStep, resolve, reject };
    });
    result.catch(() => {}); // where posting fails, that is what is thrown
    const abort = () => void this.post({ type: "abort" }).catch(() => {});
    this.settled = result.then(
      () => {},
      () => {},
    );
    try {
      await this.post({ type: "job", job });
      if (signal.aborted) abort();
      else signal.addEventListener("abort", abort, { once: true });
      return await result;
    } finally {
      signal.removeEventListener("abort", abort);
      this.running = null;
    }
  }

  /** Resolves when the thread is up. */
  async start(): Promise<Worker> {
    this.thread ??= this.begin();
    return this.thread;
  }

  private async post(message: ToWorker): Promise<void> {
    (await this.start()).postMessage(message);
  }

  private async begin(): Promise<Worker> {
    const worker = await startThread(siblingModule(import.meta.url, "worker"), this.settings);
    return new Promise((ready, failed) => {
      const lost = (error: Error) => {
        this.thread = null;
        this.sessions.clear();
        failed(error);
        this.running?.reject(error);
      };
      worker.on("error", lost);
      worker.on("exit", (code) => lost(new Error(`The drawing thread ended with exit code ${code}.`)));
      worker.on("message", (message: FromWorker) => {
        if (message.type === "ready") ready(worker);
        else if (message.type === "step") this.running?.onStep?.(message.step);
        else if (message.type === "done") this.running?.resolve(message.drawn);
        else {
          const { type: _, ...fields } = message;
          this.running?.reject(Object.assign(new Error(), fields));
        }
      });
    });
  }

  endSession(session: number): void {
    if (this.sessions.delete(session)) void this.post({ type: "end", session }).catch(() => {});
  }

  /** Ends the thread after the present network evaluation: sooner, the native runtime would take the process along. */
  async end(): Promise<void> {
    const worker = await this.thread?.catch(() => null);
    if (!worker) return;
    worker.postMessage({ type: "abort" } satisfies ToWorker);
    await this.settled;
    await worker.terminate();
  }
}

/** Worker threads that draw, each one job at a time. */
export class Pool {
  private readonly members: readonly Member[];
  private closed = false;

  constructor(workers: number, settings: WorkerSettings) {
    this.members = Array.from({ length: workers }, () => new Member(settings));
  }

  get size(): number {
    return this.members.length;
  }

  /** Whether a thread that can do a job is idle: a session's blocks are drawn by the thread that holds it. */
  free(job: Job): boolean {
    return this.memberFor(job) !== null;
  }

  private memberFor(job: Job): Member | null {
    const holder = "session" in job && this.members.find(({ sessions }) => sessions.has(job.session));
    if (holder) return holder.idle ? holder : null;
    const idle = this.members.filter((member) => member.idle);
    return idle.sort((a, b) => a.sessions.size - b.sessions.size)[0] ?? null;
  }

  /** Forgets a live session. */
  endSession(session: number): void {
    for (const member of this.members) member.endSession(session);
  }

  /** Resolves when every thread is up. */
  async start(): Promise<void> {
    await Promise.all(this.members.map((member) => member.start()));
  }

  /** Runs a job on an idle thread. Aborting ends it after the present network evaluation. @throws where none is idle */
  run(job: Job, signal: AbortSignal, onStep?: (step: DrawnStep) => void): Promise<readonly Drawn[]> {
    const member = this.memberFor(job);
    if (!member || this.closed) throw new Error("No drawing thread is free.");
    if ("session" in job) member.sessions.add(job.session);
    return member.run(job, signal, onStep);
  }

  /** Ends the threads. What still runs fails. */
  async close(): Promise<void> {
    this.closed = true;
    await Promise.all(this.members.map((member) => member.end()));
  }
}
