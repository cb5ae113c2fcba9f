import { z } from "zod";
import { shortened } from "../../../io/show.js";

const tokens = z.object({ in: z.int().nonnegative(), out: z.int().nonnegative() }).nullable();
const call = z.int().positive();
const item = z.string().min(1);

/**
 * A line of a ledger. A call is `reserved` before it is made and settled once: `answered`, `failed`, or `lost` where the
 * process ended before the answer came. `unanswered` says that an item is given up.
 */
export const ledgerLine = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("reserved"), call, item, at: z.string() }),
  z.object({ kind: z.literal("answered"), call, item, said: z.string(), tokens, seconds: z.number() }),
  z.object({
    kind: z.literal("failed"),
    call,
    item,
    failure: z.string(),
    why: z.string(),
    tokens,
    seconds: z.number(),
  }),
  z.object({ kind: z.literal("lost"), call, item }),
  z.object({ kind: z.literal("unanswered"), item, why: z.string() }),
]);
export type LedgerLine = z.infer<typeof ledgerLine>;

/** What was spent, by the ledger alone. */
export interface Spent {
  /** Questions that were asked, each once however often it was tried. */
  items: number;
  answered: number;
  /** Without an answer so far. */
  unanswered: number;
  /** Calls that were made, or were about to be when the process ended. */
  calls: number;
  /** Of these, calls that brought no answer, by what went wrong. */
  failed: Record<string, number>;
  /** Of these, calls under way when a process ended: whether and what they cost is not known. */
  lost: number;
  /** As far as the server said. */
  tokens: { in: number; out: number };
  /** Calls whose answer named no tokens. */
  uncounted: number;
}

/** What lines say, in their order. */
export class Account {
  private readonly answers = new Map<string, string>();
  private readonly asked = new Set<string>();
  private readonly open = new Map<number, string>();
  private readonly failed = new Map<string, number>();
  private readonly sum = { in: 0, out: 0 };
  private calls = 0;
  private lost = 0;
  private uncounted = 0;

  /** @throws Error where a line does not follow from those before */
  enter(line: LedgerLine): void {
    if (line.kind === "unanswered") return;
    if (line.kind === "reserved") {
      if (line.call !== this.calls + 1) throw new Error(`call ${line.call} follows call ${this.calls}`);
      if (this.answers.has(line.item)) throw new Error(`the item ${shortened(line.item)} is asked again`);
      this.calls++;
      this.asked.add(line.item);
      this.open.set(line.call, line.item);
      return;
    }
    if (this.open.get(line.call) !== line.item) throw new Error(`call ${line.call} is settled, but not under way`);
    this.open.delete(line.call);
    if (line.kind === "lost") this.lost++;
    else {
      if (line.tokens) for (const way of ["in", "out"] as const) this.sum[way] += line.tokens[way];
      else this.uncounted++;
      if (line.kind === "answered") this.answers.set(line.item, line.said);
      else this.failed.set(line.failure, (this.failed.get(line.failure) ?? 0) + 1);
    }
  }

  /** What was said to an item; undefined where nothing was. */
  answer(item: string): string | undefined {
    return this.answers.get(item);
  }

  /** Calls that are not settled, with their items. */
  underway(): [call: number, item: string][] {
    return [...this.open];
  }

  /** The number of the next call. */
  next(): number {
    return this.calls + 1;
  }

  spent(): Spent {
    const { calls, lost, uncounted } = this;
    return {
      ...{ items: this.asked.size, answered: this.answers.size, unanswered: this.asked.size - this.answers.size },
      ...{ calls, failed: Object.fromEntries([...this.failed].sort()), lost, tokens: { ...this.sum }, uncounted },
    };
  }
}
