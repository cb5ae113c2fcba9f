import { z } from "zod";
import { faults } from "../io/faults.js";
import { isWrongUse, OptionError } from "../io/wrong-use.js";
import type { SampleOptions } from "../models/generator.js";
import type { Context } from "./context.js";
import { tell } from "./errors.js";
import type { NumberFormat } from "./motion.js";
import type { Drawn, Place, SessionJob } from "./protocol.js";

/** What is used of a WebSocket. */
export interface Socket {
  readonly readyState: number;
  on(event: "message", listener: (data: Buffer, isBinary: boolean) => void): void;
  on(event: "close", listener: () => void): void;
  send(text: string, done?: (error?: Error) => void): void;
  close(code: number, reason: string): void;
  terminate(): void;
}

/** The model of a session. */
export interface LiveModel<Session> {
  readonly name: string;
  readonly place: Place;
  readonly fps: number;
  /** Network evaluations that the first block of a session takes; of options that have been checked. */
  firstBlock(options: SampleOptions): number;
  /** Checks options, and gives a session that draws nothing here: it says what can be said to it. @throws OptionError */
  open(options: SampleOptions): Promise<Session>;
}

/** Where a session comes from. */
export interface Origin<Session> {
  readonly socket: Socket;
  /** Number of the session, of all that this server has had. */
  readonly number: number;
  readonly model: Promise<LiveModel<Session>>;
  readonly context: Context;
  readonly ended: () => void;
}

/** Blocks that may be asked for and not yet sent. */
const MOST_ASKED = 64;
/** Milliseconds that a client has to close after it was told to. */
const CLOSING = 2000;

/** What every session understands beside the messages of its kind. */
export const commonMessages = [
  z.looseObject({ type: z.literal("open"), format: z.enum(["numbers", "base64"]).default("numbers") }),
  z.strictObject({ type: z.literal("next"), blocks: z.int().min(1).max(MOST_ASKED).default(1) }),
  z.strictObject({ type: z.literal("close") }),
] as const;
type CommonMessage = z.output<(typeof commonMessages)[number]>;

/**
 * A client that is sent blocks as long as it asks for more. Messages are taken one after the other; what is said goes
 * with the next block to the thread that draws it. Each block waits for its turn among all requests, and for the client
 * to have taken the one before it.
 */
export abstract class LiveConnection<Session, Message extends { type: string }> {
  /** Blocks sent. */
  sent = 0;
  protected opened: { readonly model: LiveModel<Session>; readonly session: Session } | null = null;
  protected format: NumberFormat = "numbers";
  private readonly controller = new AbortController();
  private handling: Promise<void> = Promise.resolve();
  private begin: SampleOptions | null = null;
  private asked = 0;
  private drawing = false;
  private idle: NodeJS.Timeout | undefined;
  private over = false;

  constructor(
    private readonly origin: Origin<Session>,
    private readonly messages: z.ZodType<Message | CommonMessage>,
    private readonly names: readonly string[],
  ) {
    const { socket } = origin;
    socket.on("message", (data, isBinary) => {
      this.touch();
      this.handling = this.handling.then(() => this.handle(data, isBinary));
    });
    socket.on("close", () => this.finish());
    this.touch();
    origin.model.catch((error) => this.end(1011, tell(error).message));
  }

  /** What a client is told of a session that it has opened, beside the model, `fps` and what its frames are. */
  protected abstract about(session: Session, options: SampleOptions): object;
  /** Takes a message of this kind of session. @throws OptionError where it cannot be; then nothing has changed */
  protected abstract take(said: Message, session: Session): void;
  /** What the next block goes to the thread with, which then counts as said; null where none can be drawn yet. */
  protected abstract said(): Omit<SessionJob, "place" | "session" | "begin"> | null;
  /** A drawn block as it is sent; null where the thread could not draw one yet. */
  protected abstract told(drawn: Drawn): object | null;

  /** Closes the connection, with a reason of at most 123 bytes. */
  end(code: number, reason: string): void {
    if (this.over) return;
    this.finish();
    this.origin.socket.close(
      code,
      Buffer.from(reason)
        .subarray(0, 120)
        .toString()
        .replace(/\uFFFD$/, ""),
    );
    setTimeout(() => this.origin.socket.terminate(), CLOSING).unref();
  }

  private finish(): void {
    if (this.over) return;
    this.over = true;
    clearTimeout(this.idle);
    this.controller.abort(new DOMException("The client has gone away.", "AbortError"));
    this.origin.context.pool.endSession(this.origin.number);
    this.origin.ended();
  }

  private touch(): void {
    clearTimeout(this.idle);
    if (this.over) return;
    const { maxIdle } = this.origin.context.settings;
    this.idle = setTimeout(() => this.end(1001, `Nothing was asked for in ${maxIdle} seconds.`), 1000 * maxIdle);
  }

  /** Answers a message. A wrong one is told what was wrong, and changes nothing. */
  private async handle(data: Buffer, isBinary: boolean): Promise<void> {
    if (this.over) return;
    try {
      await this.answer(this.messageOf(data, isBinary));
    } catch (error) {
      if (!isWrongUse(error)) return this.fail(error);
      await this.send({ type: "error", message: (error as Error).message });
    }
  }

  private messageOf(data: Buffer, isBinary: boolean): Message | CommonMessage {
    let said: unknown;
    try {
      if (isBinary) throw new SyntaxError();
      said = JSON.parse(data.toString());
    } catch {
      throw new OptionError(`A message is JSON text with a "type": open, ${this.names.join(", ")}, next or close.`);
    }
    const parsed = this.messages.safeParse(said);
    if (parsed.success) return parsed.data;
    throw new OptionError(`This message cannot be: ${faults(parsed.error, said)}.`);
  }

  private async answer(said: Message | CommonMessage): Promise<void> {
    if (said.type === "close") return this.end(1000, "Closed as asked.");
    if (said.type === "open") return this.open(said as Extract<CommonMessage, { type: "open" }>);
    if (!this.opened) throw new OptionError('Nothing is open yet; send {"type":"open"} first.');
    if (said.type === "next") this.ask((said as Extract<CommonMessage, { type: "next" }>).blocks);
    else this.take(said as Message, this.opened.session);
    if (!this.drawing) void this.draw();
  }

  private ask(blocks: number): void {
    if (this.asked + blocks > MOST_ASKED)
      throw new OptionError(
        `blocks must be at most ${MOST_ASKED - this.asked} now, got ${blocks}: ${this.asked} are still to be sent.`,
      );
    this.asked += blocks;
  }

  private async open({ type: _, format, ...options }: Extract<CommonMessage, { type: "open" }>): Promise<void> {
    if (this.opened) throw new OptionError("This session is open already; connect anew for another one.");
    const model = await this.origin.model;
    const session = await model.open(options);
    this.requireAffordable(model, options);
    this.opened = { model, session };
    this.begin = options;
    this.format = format;
    await this.send({ type: "opened", model: model.name, fps: model.fps, ...this.about(session, options) });
  }

  /** @throws OptionError where a first block of these options would take more than this server allows */
  protected requireAffordable(model: LiveModel<Session>, options: SampleOptions): void {
    const { maxEvaluations } = this.origin.context.settings;
    const evaluations = model.firstBlock(options);
    if (evaluations > maxEvaluations)
      throw new OptionError(
        `The first block takes ${evaluations} network evaluations, and this server allows ${maxEvaluations}; take fewer steps.`,
      );
  }

  /** Draws what was asked for, block by block. */
  private async draw(): Promise<void> {
    const { context, number } = this.origin;
    this.drawing = true;
    try {
      while (this.asked > 0 && !this.over) {
        const said = this.said();
        if (!said) break;
        clearTimeout(this.idle); // who waits for a block is not idle
        const { begin } = this;
        this.begin = null;
        const job = { ...said, place: this.opened!.model.place, session: number, ...(begin && { begin }) };
        const [drawn] = await context.scheduler.alone(job as SessionJob, {
          ...{ count: 0, signal: this.controller.signal },
        });
        this.touch();
        const block = this.told(drawn);
        if (!block) continue;
        await this.send({ type: "block", index: this.sent, ...block });
        this.asked--;
        this.sent++;
        context.metrics.liveBlock();
      }
    } catch (error) {
      await this.fail(error);
    }
    this.drawing = false;
  }

  /** Tells what went wrong, and ends: a block that failed leaves a gap. */
  private async fail(error: unknown): Promise<void> {
    if (this.over) return;
    const { message } = tell(error);
    await this.send({ type: "error", message });
    this.end(1011, message);
  }

  /** Resolves when the client has room for more. */
  private send(answer: object): Promise<void> {
    return new Promise((resolve) => this.origin.socket.send(JSON.stringify(answer), () => resolve()));
  }
}
