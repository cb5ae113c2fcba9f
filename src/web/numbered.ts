import { OptionError } from "../io/wrong-use.js";

/** What a page asks of a session, which the thread with the generator knows by its number. */
export type SessionAction =
  | "open"
  | "close"
  | ("say" | "guide" | "follow" | "next" | "ahead")
  | ("push" | "pull" | "change");
/** Asks; what is given back is what the action gives. */
export type AskSession = (action: SessionAction, session: number, value?: unknown) => Promise<unknown>;

/** Sessions by number. */
export class Numbered<S extends { close(): void }> {
  private readonly open = new Map<number, S>();
  private last = 0;

  add(session: S): number {
    this.open.set(++this.last, session);
    return this.last;
  }

  /** @throws OptionError where it is closed */
  get(number: number): S {
    const found = this.open.get(number);
    if (!found) throw new OptionError("This session is closed; open another one.");
    return found;
  }

  close(number: number): void {
    this.get(number).close();
    this.open.delete(number);
  }
}
