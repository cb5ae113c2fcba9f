/** What a worker's loop trains. */
export interface Work {
  /** A little work, a few steps of training; false where nothing is left to do. */
  advance(): Promise<boolean>;
  release(): Promise<void>;
}

export type LoopState = "training" | "paused" | "finished" | "stopped" | "failed";

/**
 * Repeats `work.advance` until it is paused, stopped or done; between two calls messages come in. The promises end when
 * the work in hand has.
 */
export class Loop {
  private running: Promise<void> | null = null;
  private wanted = false;

  constructor(
    private readonly work: Work,
    private readonly tell: (state: LoopState, message?: string) => void,
  ) {}

  get training(): boolean {
    return this.running !== null;
  }

  /** Begins, or goes on; without effect where it runs. */
  resume(): void {
    this.wanted = true;
    this.running ??= this.run();
  }

  async pause(): Promise<void> {
    this.wanted = false;
    await this.running;
  }

  /** Ends for good and frees what the work holds. */
  async stop(): Promise<void> {
    await this.pause();
    await this.work.release();
    this.tell("stopped");
  }

  private async run(): Promise<void> {
    this.tell("training");
    try {
      while (this.wanted && (await this.work.advance())) await turn();
      this.tell(this.wanted ? "finished" : "paused");
    } catch (error) {
      this.tell("failed", (error as Error).message);
    } finally {
      this.wanted = false;
      this.running = null;
    }
  }
}

/** One turn of the event loop; a timer of no delay would wait for 4 ms. */
function turn(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });
}
