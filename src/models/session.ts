import type { Work } from "../runtime/release.js";
import { OptionError } from "./options.js";

/** What is drawn for ever, piece by piece: a piece is begun when all that was asked for before is done. */
export abstract class Session {
  private last: Promise<unknown> = Promise.resolve();
  private closed = false;

  constructor(
    private readonly work: Work,
    protected readonly signal: AbortSignal,
  ) {}

  close(): void {
    this.closed = true;
  }

  /** @throws OptionError where it is closed */
  protected requireOpen(): void {
    if (this.closed) throw new OptionError("This session is closed; open another one.");
  }

  /** Does it when everything that was asked for before is done; a release of the model waits for it. */
  protected inTurn<T>(piece: () => Promise<T>): Promise<T> {
    this.requireOpen();
    const result = this.last.then(() => this.work.run(this.signal, piece));
    this.last = result.catch(() => undefined);
    return result;
  }
}
