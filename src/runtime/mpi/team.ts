import type { MpiRanks } from "./index.js";

/** What rank 0 calls: a task, or (no task) the end. */
interface Call {
  task: string | null;
  given?: unknown;
}

/** How a task ended in a rank. `wrongUse`: as errors have it that are the fault of whoever asked. */
type Outcome = { value: unknown } | { message: string; wrongUse?: boolean };

/**
 * Ranks of which the first leads: it alone decides what is done, and has all of them do it. What is given and returned
 * is copied as to a thread (structured clone).
 */
export class Team {
  private readonly tasks = new Map<string, (given: never) => unknown>();

  private constructor(
    private readonly ranks: MpiRanks,
    private readonly format: Pick<typeof import("node:v8"), "serialize" | "deserialize">,
  ) {}

  static async of(ranks: MpiRanks): Promise<Team> {
    return new Team(ranks, await import("node:v8"));
  }

  get rank(): number {
    return this.ranks.rank;
  }

  get size(): number {
    return this.ranks.size;
  }

  /** This rank's part of `count` rows, in multiples of `unit` but for the last; `from` is `to` where none is left. */
  share(count: number, unit: number): { from: number; to: number } {
    const each = Math.ceil(count / unit / this.size) * unit;
    const from = Math.min(count, this.rank * each);
    return { from, to: Math.min(count, from + each) };
  }

  /**
   * Names a task, which every rank does alike. Rank 0 calls what this gives: all do the task, and what each has returned
   * comes back, by rank. @throws there, where the task failed in one of them; all are ready for the next one then
   */
  task<G, R>(name: string, work: (given: G) => Promise<R>): (given: G) => Promise<R[]> {
    this.tasks.set(name, work);
    return async (given) => {
      await this.send({ task: name, given });
      return (await this.perform({ task: name, given })) as R[];
    };
  }

  /** Does what rank 0 calls, until it lets go. */
  async follow(): Promise<void> {
    for (;;) {
      const call = this.format.deserialize(await this.ranks.broadcast(new Uint8Array(0))) as Call;
      if (call.task === null) return;
      await this.perform(call);
    }
  }

  /** Lets the others go. */
  async dismiss(): Promise<void> {
    await this.send({ task: null });
  }

  private send(call: Call): Promise<unknown> {
    return this.ranks.broadcast(this.format.serialize(call));
  }

  private async perform({ task, given }: Call): Promise<unknown[]> {
    const work = this.tasks.get(task!)!;
    const [own] = await Promise.allSettled([work(given as never)]);
    const first = this.rank === 0;
    const bytes = first ? new Uint8Array(0) : this.format.serialize(this.outcomeOf(own));
    const [, ...others] = await this.ranks.gather(bytes);
    if (!first) return [];
    if (own.status === "rejected") throw own.reason;
    const values = others.map((one) => {
      const outcome = this.format.deserialize(one) as Outcome;
      if ("value" in outcome) return outcome.value;
      throw Object.assign(new Error(outcome.message), outcome);
    });
    return [own.value, ...values];
  }

  private outcomeOf(own: PromiseSettledResult<unknown>): Outcome {
    if (own.status === "fulfilled") return { value: own.value };
    const { message, wrongUse } = own.reason as Error & { wrongUse?: boolean };
    return { message: `${this.ranks.name}: ${message}`, wrongUse };
  }
}
