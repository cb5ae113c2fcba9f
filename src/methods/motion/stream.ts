import type { z } from "zod";
import type { MotionGuess, MotionSession } from "../../models/generator.js";
import { OptionError } from "../../models/options.js";
import { Session } from "../../models/session.js";
import { type Clip, onBody, resample, type Spot, toFeatures } from "../../motion/index.js";
import { Random } from "../../random/index.js";
import { LiveBody } from "./live-body.js";
import { type Finished, LiveNetwork, type Shown } from "./live-network.js";
import { pathOf, type sessionOptions } from "./options.js";
import type { SessionModel } from "./session-model.js";
import { blockFrames } from "./shape.js";

type Options = z.output<ReturnType<typeof sessionOptions>>;

/**
 * A motion that never ends. Blocks go from noise to clean on a staircase, `steps` calls each and `lag` calls apart; one that
 * is clean is decoded and given, and is seen by the next call at time 1, from which on the network remembers it.
 */
export class MotionStream extends Session implements MotionSession {
  readonly frames: number;
  /** Blocks in the making at once. */
  readonly delay: number;
  private strength: number;
  /** Whether the blocks in the making are to begin anew before the next call. */
  private turning = false;
  /** Calls made. */
  private tick = 0;
  /** Blocks given. */
  private given = 0;
  /** Tokens of each block in the making and of those that wait, by number. */
  private readonly blocks = new Map<number, Float32Array>();
  /** The block that was finished by the last call, which the next one shows to the others. */
  private finished: number | null = null;
  /** Clean tokens of the blocks in the making, by number, as the last call foresaw them. */
  private readonly foreseen = new Map<number, Float32Array>();
  /** Features of the motion that it goes on from, [frames, features], until the network has seen them. */
  private past: Float32Array | null = null;
  private readonly network: LiveNetwork;
  private readonly body: LiveBody;
  private readonly random: Random;
  private readonly guided: boolean;

  constructor(
    private readonly model: SessionModel,
    private readonly options: Options,
    signal: AbortSignal,
    from: Clip | null = null,
  ) {
    super(model.programs.work, signal);
    const { steps, lag, seed, guidance, prompt, feet } = options;
    this.frames = blockFrames(model.shape);
    this.delay = Math.ceil(steps / lag);
    this.strength = guidance;
    this.guided = guidance !== 1;
    this.random = new Random(seed, "session");
    this.network = new LiveNetwork(model, this.slots, this.guided);
    this.body = new LiveBody(model, feet);
    if (from) this.goOnFrom(from);
    if (prompt !== undefined) this.say(prompt);
    const path = pathOf(options.path);
    if (path) this.follow(path);
  }

  /** Takes the last blocks of a clip for what has been given. @throws OptionError where it is shorter than a block */
  private goOnFrom(from: Clip): void {
    const { shape } = this.model;
    const clip = refused(() => onBody(resample(from, shape.fps)));
    const rows = toFeatures(clip);
    const blocks = Math.min(this.slots, Math.floor(rows.length / shape.features / this.frames));
    if (blocks === 0)
      throw new OptionError(
        `A motion to go on from lasts ${this.frames / shape.fps} seconds at least; this one has ${from.frames / from.fps}.`,
      );
    this.body.goOnFrom(clip, rows);
    this.past = rows.slice(rows.length - blocks * this.frames * shape.features);
    this.given = blocks;
    this.tick = blocks * this.options.lag;
  }

  /** Encodes the rows that it goes on from, and shows them to the network and the body, block by block. */
  private async recall(rows: Float32Array): Promise<void> {
    this.past = null;
    const { graphs, programs, shape } = this.model;
    const { block } = shape.network;
    const per = block * shape.codec.latent;
    const { tokens } = await programs.run(`past ${this.given}`, graphs.encode(this.given * block), 1, { rows });
    for (let b = 0; b < this.given; b++) {
      this.blocks.set(b, tokens.slice(b * per, (b + 1) * per));
      await this.body.recall(this.blocks.get(b)!);
      if (this.finished !== null) await this.see([]);
      this.finished = b;
    }
  }

  /** Finished blocks that the network looks at, at most. */
  private get slots(): number {
    return this.model.shape.network.window - this.delay;
  }

  get guidance(): number {
    return this.strength;
  }

  /** How strongly it follows its text from now on. @throws OptionError where it began without guidance */
  set guidance(strength: number) {
    if (!(strength >= 0 && strength <= 10)) throw new OptionError(`guidance is from 0 to 10, got ${strength}.`);
    if (!this.guided && strength !== 1)
      throw new OptionError("This session began without guidance, and stays so; open another one with it.");
    this.strength = strength;
  }

  say(text: string | null): void {
    this.requireOpen();
    if (this.network.text.say(text)) this.turning = this.options.turn === "anew";
  }

  follow(points: readonly Spot[] | null): void {
    this.requireOpen();
    refused(() => this.body.follow(points, this.given > 0));
  }

  next(): Promise<Clip> {
    return this.inTurn(() => this.nextBlock());
  }

  ahead(): Promise<MotionGuess[]> {
    return this.inTurn(() => this.guesses());
  }

  /** Takes the blocks in the making back to noise, and forgets what has been shown but for the block given last. */
  private beginAnew(): void {
    this.turning = false;
    for (const block of this.blocks.keys()) if (block >= this.given) this.blocks.delete(block);
    this.foreseen.clear();
    this.tick = this.given * this.options.lag;
    this.network.forget();
  }

  private async nextBlock(): Promise<Clip> {
    const { steps, lag } = this.options;
    if (this.past) await this.recall(this.past);
    while (this.tick < this.given * lag + steps) {
      this.signal.throwIfAborted();
      if (this.turning) this.beginAnew();
      await this.call();
    }
    const tokens = this.blocks.get(this.given)!;
    this.given++;
    return this.body.push(tokens);
  }

  /** Decodes what is foreseen; the stream stays where it is. */
  private async guesses(): Promise<MotionGuess[]> {
    const framesOf = this.body.ahead();
    const guesses: MotionGuess[] = [];
    for (const block of [...this.foreseen.keys()].sort((a, b) => a - b)) {
      this.signal.throwIfAborted();
      const clip = await framesOf(this.foreseen.get(block)!);
      guesses.push({ clip, certainty: this.timeOf(block, this.tick) });
    }
    return guesses;
  }

  /** Time of a block, 0 (noise) to 1 (clean), before a call. */
  private timeOf(block: number, tick: number): number {
    const { steps, lag } = this.options;
    return Math.min(1, Math.max(0, (tick - block * lag) / steps));
  }

  /** Tokens of a block: noise at first. */
  private tokensOf(block: number): Float32Array {
    const { network, codec } = this.model.shape;
    const known = this.blocks.get(block);
    if (known) return known;
    const noise = this.random.split(block).normals(network.block * codec.latent);
    this.blocks.set(block, noise);
    return noise;
  }

  /** One call of the network: all blocks in the making take a step. */
  private async call(): Promise<void> {
    const { steps, lag } = this.options;
    const first = Math.max(this.given, Math.ceil((this.tick - steps + 1) / lag));
    const active = Array.from({ length: this.delay }, (_, i) => first + i);
    const v = await this.see(active);
    const per = v.length / active.length;
    for (const [i, b] of active.entries()) {
      const time = this.timeOf(b, this.tick + 1);
      const step = time - this.timeOf(b, this.tick);
      if (step === 0) continue;
      const at = i * per;
      const tokens = this.tokensOf(b).map((x, k) => x + step * v[at + k]);
      this.blocks.set(b, tokens);
      this.foreseen.set(
        b,
        tokens.map((x, k) => x + (1 - time) * v[at + k]),
      );
      if (time < 1) continue;
      this.finished = b;
      this.foreseen.delete(b);
    }
    this.tick++;
    this.network.rebase(this.given);
  }

  /** Velocities of blocks, beside the one that was finished last, which the network remembers from then on. */
  private async see(active: readonly number[]): Promise<Float32Array> {
    const shown = active.map(
      (number): Shown => ({ number, tokens: this.tokensOf(number), time: this.timeOf(number, this.tick) }),
    );
    const finished = this.finished === null ? null : this.presented(this.finished);
    const velocity = await this.network.see(shown, finished, this.strength);
    if (finished) this.blocks.delete(finished.number);
    this.finished = null;
    return velocity;
  }

  /** A finished block as the network is shown it: with as much noise as history has. */
  private presented(number: number): Finished {
    const { history } = this.options;
    const tokens = this.tokensOf(number);
    if (history === 0) return { number, tokens, history };
    const noise = this.random.split("history").split(number).normals(tokens.length);
    return { number, tokens: tokens.map((x, i) => (1 - history) * x + history * noise[i]), history };
  }
}

/** What somebody gave: where it cannot be, that is an OptionError. */
function refused<T>(take: () => T): T {
  try {
    return take();
  } catch (error) {
    throw new OptionError((error as Error).message);
  }
}
