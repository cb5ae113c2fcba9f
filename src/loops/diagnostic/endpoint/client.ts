import { Agent as PlainAgent } from "node:http";
import { Agent as SecureAgent } from "node:https";
import { setTimeout as sleep } from "node:timers/promises";
import { completionsUrl, type Endpoint } from "./address.js";
import { type Limits, postJson } from "./call.js";
import { CallError } from "./call-error.js";
import { type Completion, type Prompt, readCompletion, requestBody, type Sampling } from "./completion.js";
import type { Ledger } from "./ledger.js";
import { type Backoff, backoff } from "./wait.js";

/** How an endpoint is asked. */
export interface ClientOptions {
  endpoint: Endpoint;
  ledger: Ledger;
  sampling: Sampling;
  /** Sent as a bearer token. */
  token?: string;
  /** Calls at a time; default 4. */
  concurrency?: number;
  /** Calls for a question at most; default 5. */
  attempts?: number;
  limits?: Limits;
  backoff?: Backoff;
  /** Milliseconds that a server may ask to wait; beyond these a question is given up. Default ten minutes. */
  longestWait?: number;
  /** Of the waits. */
  seed?: number;
}

/** Something to ask. */
export interface Item {
  /** The same for the same question about the same picture, asked of the same model in the same way. */
  key: string;
  prompt(): Promise<Prompt>;
}

/** Questions given up in succession, without one answer between them, after which no more are asked. */
const HOPELESS = 20;
const LIMITS: Limits = { connect: 10, idle: 30, total: 120 };
const BACKOFF: Backoff = { first: 1000, most: 60_000 };

/** An endpoint that answers nothing any more. What was asked stands in the ledger. */
export class EndpointError extends Error {
  override name = "EndpointError";
}

/**
 * Asks an endpoint. Every call stands in the ledger before it is made and when it has ended; what has been answered once
 * is not asked again. A call that fails is made again some times, after a wait that doubles or that the server asks for.
 */
export class Client {
  private readonly agent: PlainAgent;
  private readonly options: Required<Omit<ClientOptions, "token">> & { token?: string };
  private readonly underway = new Map<string, Promise<string | null>>();
  private pause = 0;
  private givenUp = 0;

  constructor(options: ClientOptions) {
    this.options = {
      ...{ concurrency: 4, attempts: 5, limits: LIMITS, backoff: BACKOFF, longestWait: 600_000, seed: 0 },
      ...options,
    };
    const kept = { keepAlive: true, maxSockets: this.options.concurrency };
    this.agent = options.endpoint.base.protocol === "https:" ? new SecureAgent(kept) : new PlainAgent(kept);
  }

  /**
   * What is said to each item, null where no answer came. `onAnswer` hears how many are through. When `signal` ends it,
   * calls under way are waited for: they are paid for.
   * @throws EndpointError where the endpoint answers nothing; the signal's reason
   */
  async ask(
    items: readonly Item[],
    { signal, onAnswer }: { signal?: AbortSignal; onAnswer?(done: number): void } = {},
  ): Promise<(string | null)[]> {
    const said = new Array<string | null>(items.length).fill(null);
    const ended = new AbortController();
    const both = signal ? AbortSignal.any([signal, ended.signal]) : ended.signal;
    let [next, done] = [0, 0];
    const worker = async () => {
      while (next < items.length && !both.aborted) {
        const at = next++;
        try {
          said[at] = await this.once(items[at], both);
        } catch (error) {
          ended.abort(error);
          throw error;
        }
        onAnswer?.(++done);
      }
    };
    const workers = Array.from({ length: Math.min(this.options.concurrency, items.length) }, worker);
    const results = await Promise.allSettled(workers);
    both.throwIfAborted();
    for (const result of results) if (result.status === "rejected") throw result.reason;
    return said;
  }

  close(): void {
    this.agent.destroy();
  }

  /** The same item at the same time is asked once. */
  private once(item: Item, signal: AbortSignal): Promise<string | null> {
    const { ledger } = this.options;
    const known = ledger.answer(item.key);
    if (known !== undefined) return Promise.resolve(known);
    const own = this.underway.get(item.key) ?? this.tryHard(item, signal).finally(() => this.underway.delete(item.key));
    this.underway.set(item.key, own);
    return own;
  }

  private async tryHard(item: Item, signal: AbortSignal): Promise<string | null> {
    const { attempts, seed, longestWait, ledger } = this.options;
    const prompt = await item.prompt();
    for (let attempt = 1; ; attempt++) {
      await this.untilAllowed(signal);
      const result = await this.callOnce(item.key, prompt);
      if (!(result instanceof CallError)) {
        this.givenUp = 0;
        return result.said;
      }
      const asked = result.wait ?? 0;
      if (result.final)
        throw new EndpointError(`${this.name()}: ${result.message}. Nothing more was asked.`, { cause: result });
      if (!result.passing || attempt >= attempts || asked > longestWait) {
        const tries = asked > longestWait ? `, and asks to wait ${Math.ceil(asked / 1000)} s` : "";
        await ledger.settle({ kind: "unanswered", item: item.key, why: `${result.message}${tries}` });
        // A filter that holds answers back is no sign of an endpoint that is out of order
        if (result.failure !== "filtered" && ++this.givenUp >= HOPELESS)
          throw new EndpointError(
            `${this.name()} gave no answer to ${HOPELESS} questions in succession, at last because ${result.message}. Nothing more was asked.`,
            { cause: result },
          );
        return null;
      }
      // What a server asks for holds for all questions
      this.pause = Math.max(this.pause, performance.now() + asked);
      await sleep(backoff(this.options.backoff, { seed, item: item.key, attempt: attempt + 1 }), undefined, { signal });
    }
  }

  /** One call, in the ledger from before its beginning to its end. */
  private async callOnce(item: string, prompt: Prompt): Promise<Completion | CallError> {
    const { ledger, endpoint, sampling, token, limits } = this.options;
    const call = await ledger.reserve(item);
    const began = performance.now();
    const seconds = () => Math.round(performance.now() - began) / 1000;
    try {
      const body = await postJson({
        url: completionsUrl(endpoint),
        headers: token ? { authorization: `Bearer ${token}` } : {},
        body: requestBody(endpoint.model, prompt, sampling),
        ...{ limits, agent: this.agent },
      });
      const { said, tokens } = readCompletion(body);
      await ledger.settle({ kind: "answered", call, item, said, tokens, seconds: seconds() });
      return { said, tokens };
    } catch (error) {
      if (!(error instanceof CallError)) throw error;
      const { failure, message: why, tokens } = error;
      await ledger.settle({ kind: "failed", call, item, failure, why, tokens, seconds: seconds() });
      return error;
    }
  }

  private async untilAllowed(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    for (let left = this.pause - performance.now(); left > 0; left = this.pause - performance.now())
      await sleep(left, undefined, { signal });
  }

  private name(): string {
    const { base, model } = this.options.endpoint;
    return `${model} at ${base.host}`;
  }
}
