import type { RunSummary } from "./api.js";
import type { Runs } from "./runs.js";

const INTERVAL = 1000;

type Listener = (runs: readonly RunSummary[]) => void;

/**
 * Looks after the runs: keeps the queue going, and tells listeners the whole list where something has changed. The
 * folders are looked at once a second: that works on every file system, also on those of a network, and sees runs of
 * the command line.
 */
export class Watch {
  private readonly listeners = new Set<Listener>();
  private timer: NodeJS.Timeout | null = null;
  private last = "";

  constructor(
    private readonly runs: Runs,
    private readonly warn: (message: string) => void,
  ) {}

  start(): void {
    this.timer = setTimeout(() => void this.look(), 0);
  }

  stop(): void {
    if (this.timer) clearTimeout(this.timer);
    this.timer = null;
  }

  /** Tells the list soon, and then each time that it changes. Returns what ends that. */
  listen(listener: Listener): () => void {
    this.listeners.add(listener);
    this.last = "";
    return () => void this.listeners.delete(listener);
  }

  private async look(): Promise<void> {
    try {
      await this.runs.tend();
      if (this.listeners.size > 0) await this.tell();
    } catch (error) {
      this.warn(`The runs could not be looked at: ${(error as Error).message}`);
    }
    if (this.timer) this.timer = setTimeout(() => void this.look(), INTERVAL);
  }

  private async tell(): Promise<void> {
    const list = await this.runs.list();
    const text = JSON.stringify(list);
    if (text === this.last) return;
    this.last = text;
    for (const listener of this.listeners) listener(list);
  }
}
