import { z } from "zod";
import { faults } from "../io/faults.js";
import { isWrongUse, OptionError } from "../io/wrong-use.js";
import type { MotionSession, SampleOptions } from "../models/generator.js";
import { BODY, MOST_POINTS } from "../motion/index.js";
import type { Context } from "./context.js";
import { tell } from "./errors.js";
import { jointsOf, motionFields, type NumberFormat } from "./motion.js";
import type { BlockJob, Place, SessionChanges } from "./protocol.js";

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
export interface LiveModel {
  readonly name: string;
  readonly place: Place;
  readonly fps: number;
  /** Network evaluations that the first block of a session takes; of options that `open` has checked. */
  firstBlock(options: SampleOptions): number;
  /** Checks options, and gives a session that draws nothing here: it says what can be said to it. @throws OptionError */
  open(options: SampleOptions): Promise<MotionSession>;
}

/** Blocks that may be asked for and not yet sent. */
const MOST_ASKED = 64;
/** Milliseconds that a client has to close after it was told to. */
const CLOSING = 2000;

const message = z.discriminatedUnion("type", [
  z.looseObject({ type: z.literal("open"), format: z.enum(["numbers", "base64"]).default("numbers") }),
  z.strictObject({ type: z.literal("say"), text: z.string().nullable() }),
  z.strictObject({ type: z.literal("guidance"), value: z.number() }),
  z.strictObject({
    type: z.literal("follow"),
    points: z
      .array(z.tuple([z.number(), z.number()]))
      .max(MOST_POINTS)
      .nullable(),
  }),
  z.strictObject({ type: z.literal("next"), blocks: z.int().min(1).max(MOST_ASKED).default(1) }),
  z.strictObject({ type: z.literal("close") }),
]);
type Message = z.output<typeof message>;

/**
 * A client's motion. Messages are taken one after the other; what is said goes with the next block to the thread that
 * draws it. Each block waits for its turn among all requests, and for the client to have taken the one before it.
 */
export class LiveSession {
  /** Blocks sent. */
  sent = 0;
  private readonly controller = new AbortController();
  private handling: Promise<void> = Promise.resolve();
  private begin: SampleOptions | null = null;
  private checking: MotionSession | null = null;
  private format: NumberFormat = "numbers";
  private changes: SessionChanges = {};
  private asked = 0;
  private drawing = false;
  private idle: NodeJS.Timeout | undefined;
  private over = false;

  constructor(
    private readonly socket: Socket,
    private readonly number: number,
    private readonly model: Promise<LiveModel>,
    private readonly context: Context,
    private readonly ended: () => void,
  ) {
    socket.on("message", (data, isBinary) => {
      this.touch();
      this.handling = this.handling.then(() => this.handle(data, isBinary));
    });
    socket.on("close", () => this.finish());
    this.touch();
  }

  /** Closes the connection, with a reason of at most 123 bytes. */
  end(code: number, reason: string): void {
    if (this.over) return;
    this.finish();
    this.socket.close(
      code,
      Buffer.from(reason)
        .subarray(0, 120)
        .toString()
        .replace(/\uFFFD$/, ""),
    );
    setTimeout(() => this.socket.terminate(), CLOSING).unref();
  }

  private finish(): void {
    if (this.over) return;
    this.over = true;
    clearTimeout(this.idle);
    this.controller.abort(new DOMException("The client has gone away.", "AbortError"));
    this.context.pool.endSession(this.number);
    this.ended();
  }

  private touch(): void {
    clearTimeout(this.idle);
    if (this.over) return;
    const { maxIdle } = this.context.settings;
    this.idle = setTimeout(() => this.end(1001, `Nothing was asked for in ${maxIdle} seconds.`), 1000 * maxIdle);
  }

  /** Answers a message. A wrong one is told what was wrong, and changes nothing. */
  private async handle(data: Buffer, isBinary: boolean): Promise<void> {
    if (this.over) return;
    try {
      await this.take(messageOf(data, isBinary));
    } catch (error) {
      if (!isWrongUse(error)) return this.fail(error);
      await this.send({ type: "error", message: (error as Error).message });
    }
  }

  private async take(said: Message): Promise<void> {
    if (said.type === "close") return this.end(1000, "Closed as asked.");
    if (said.type === "open") return this.open(said);
    if (!this.checking) throw new OptionError('Nothing is open yet; send {"type":"open"} first.');
    if (said.type === "say") {
      this.checking.say(said.text);
      this.changes.text = said.text;
    } else if (said.type === "guidance") {
      this.checking.guidance = said.value;
      this.changes.guidance = said.value;
    } else if (said.type === "follow") {
      this.checking.follow(said.points);
      this.changes.points = said.points;
    } else {
      if (this.asked + said.blocks > MOST_ASKED)
        throw new OptionError(
          `blocks must be at most ${MOST_ASKED - this.asked} now, got ${said.blocks}: ${this.asked} are still to be sent.`,
        );
      this.asked += said.blocks;
      if (!this.drawing) void this.draw();
    }
  }

  private async open({ type: _, format, ...options }: Extract<Message, { type: "open" }>): Promise<void> {
    if (this.checking) throw new OptionError("This session is open already; connect anew for another one.");
    const { name, fps, open, firstBlock } = await this.model;
    const session = await open(options);
    const { maxEvaluations } = this.context.settings;
    const evaluations = firstBlock(options);
    if (evaluations > maxEvaluations)
      throw new OptionError(
        `The first block takes ${evaluations} network evaluations, and this server allows ${maxEvaluations}; take fewer steps.`,
      );
    this.checking = session;
    this.begin = options;
    this.format = format;
    const { frames, delay } = session;
    await this.send({ type: "opened", model: name, fps, frames, delay, ...jointsOf(BODY) });
  }

  /** Draws what was asked for, block by block. */
  private async draw(): Promise<void> {
    this.drawing = true;
    try {
      const { place } = await this.model;
      for (; this.asked > 0 && !this.over; this.asked--) {
        clearTimeout(this.idle); // who waits for a block is not idle
        const { begin, changes } = this;
        const job: BlockJob = { type: "block", place, session: this.number, ...(begin && { begin }), ...changes };
        [this.begin, this.changes] = [null, {}];
        const [drawn] = await this.context.scheduler.alone(job, { count: 0, signal: this.controller.signal });
        this.touch();
        if (drawn.kind !== "motion") throw new Error("A session's block is no motion.");
        const [clip] = drawn.clips;
        await this.send({ type: "block", index: this.sent, ...motionFields(clip, this.format) });
        this.sent++;
        this.context.metrics.liveBlock();
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
    return new Promise((resolve) => this.socket.send(JSON.stringify(answer), () => resolve()));
  }
}

function messageOf(data: Buffer, isBinary: boolean): Message {
  let said: unknown;
  try {
    if (isBinary) throw new SyntaxError();
    said = JSON.parse(data.toString());
  } catch {
    throw new OptionError('A message is JSON text with a "type": open, say, guidance, follow, next or close.');
  }
  const parsed = message.safeParse(said);
  if (parsed.success) return parsed.data;
  throw new OptionError(`This message cannot be: ${faults(parsed.error, said)}.`);
}
