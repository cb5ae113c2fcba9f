import type { z } from "zod";
import type { MotionGuess, MotionSession } from "../../models/generator.js";
import { OptionError } from "../../models/options.js";
import type { Programs } from "../../models/programs.js";
import { Session } from "../../models/session.js";
import {
  type Clip,
  FeatureReader,
  FeetPlanter,
  onBody,
  PathFollower,
  resample,
  type Spot,
  startOf,
  toFeatures,
} from "../../motion/index.js";
import { Random } from "../../random/index.js";
import { TokenCache } from "./cache.js";
import { decodingStream } from "./codec.js";
import type { MotionGraphs } from "./graphs.js";
import { selfMask, textMask } from "./masks.js";
import type { MotionNetwork } from "./network.js";
import { pathOf, type sessionOptions } from "./options.js";
import { guided } from "./sampler.js";
import { blockFrames, type MotionShape } from "./shape.js";
import { partsOf, type Vocabulary, type Words } from "./words.js";

type Options = z.output<ReturnType<typeof sessionOptions>>;

export interface SessionModel {
  readonly shape: MotionShape;
  readonly net: MotionNetwork;
  readonly graphs: MotionGraphs;
  readonly programs: Programs;
  readonly vocabulary: Vocabulary;
}

/** Tokens after which positions are counted anew. */
const REBASE = 1024;

/**
 * A motion that never ends. Blocks go from noise to clean on a staircase, `steps` calls each and `lag` calls apart; one that
 * is clean is decoded and given, and is seen by the next call at time 1, which writes its keys and values into a cache. So a
 * call looks at the blocks in the making only, and gives what a call on everything would.
 */
export class MotionStream extends Session implements MotionSession {
  readonly frames: number;
  /** Blocks in the making at once. */
  readonly delay: number;
  private strength: number;
  private text: string | null = null;
  private words: Words | null = null;
  private memory: { keys: Float32Array; values: Float32Array } | null = null;
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
  /** Tokens that positions are counted from. */
  private base = 0;
  private readonly cache: TokenCache;
  private readonly decoder;
  private readonly reader: FeatureReader;
  /** Null where feet are left as the network says. */
  private readonly planter: FeetPlanter | null;
  /** Null as long as no path was given. */
  private follower: PathFollower | null = null;
  private readonly random: Random;
  private readonly guided: boolean;

  constructor(
    private readonly model: SessionModel,
    private readonly options: Options,
    signal: AbortSignal,
    from: Clip | null = null,
  ) {
    super(model.programs.work, signal);
    const { shape, programs, net } = model;
    const { steps, lag, seed, guidance, prompt, feet } = options;
    const { network } = shape;
    this.frames = blockFrames(shape);
    this.delay = Math.ceil(steps / lag);
    this.strength = guidance;
    this.guided = guidance !== 1;
    this.random = new Random(seed, "session");
    this.cache = new TokenCache({
      rows: this.rows,
      layers: network.blocks,
      heads: network.heads,
      places: this.slots * network.block,
      depth: network.width / network.heads,
    });
    this.decoder = decodingStream(programs, net, shape, network.block);
    this.reader = new FeatureReader({ fps: shape.fps });
    if (from) this.goOnFrom(from);
    this.planter = feet === "planted" ? new FeetPlanter() : null;
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
    this.reader.place = startOf(clip);
    this.reader.read(rows);
    this.past = rows.slice(rows.length - blocks * this.frames * shape.features);
    this.given = blocks;
    this.tick = blocks * this.options.lag;
  }

  /** Encodes the rows that it goes on from, and shows them to the network and the decoder, block by block. */
  private async recall(rows: Float32Array): Promise<void> {
    this.past = null;
    const { graphs, programs, shape } = this.model;
    const { block } = shape.network;
    const per = block * shape.codec.latent;
    const { tokens } = await programs.run(`past ${this.given}`, graphs.encode(this.given * block), 1, { rows });
    for (let b = 0; b < this.given; b++) {
      this.blocks.set(b, tokens.slice(b * per, (b + 1) * per));
      await this.decoder.push(this.blocks.get(b)!);
      if (this.finished !== null) await this.see([]);
      this.finished = b;
    }
  }

  /** The present text as it is read; no words where there is none. */
  private get read(): Words {
    const size = 2 * this.model.shape.text.length;
    return this.words ?? { rows: new Int32Array(size), signs: new Float32Array(size) };
  }

  /** Finished blocks that the network looks at, at most. */
  private get slots(): number {
    return this.model.shape.network.window - this.delay;
  }

  /** With guidance the network draws twice: with the text, and without. */
  private get rows(): number {
    return this.guided ? 2 : 1;
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
    if (text !== null) {
      this.model.vocabulary.require(text);
      const parts = partsOf(text);
      if (parts.length > 1)
        throw new OptionError(
          `A session shows one thing at a time: say ${JSON.stringify(parts[0])} first, and ${JSON.stringify(parts[1])} when it is time.`,
        );
    }
    if (text === this.text) return;
    this.text = text;
    this.words = text === null ? null : this.model.vocabulary.encode(text);
    this.memory = null;
    this.turning = this.options.turn === "anew";
  }

  follow(points: readonly Spot[] | null): void {
    this.requireOpen();
    if (points === null && !this.follower) return;
    const { x, z } = this.reader.place;
    const follower = this.follower ?? new PathFollower(this.given === 0 ? null : [x, z]);
    refused(() => follower.follow(points));
    this.follower = follower;
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
    const { block } = this.model.shape.network;
    this.cache.forget(0, this.slots * block);
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
    const drawn = await this.decoder.push(tokens);
    const free = this.reader.read(drawn);
    const clip = this.follower?.steer(free) ?? free;
    return this.planter ? this.planter.plant(clip) : clip;
  }

  /** Decodes what is foreseen; copies of the decoder and the reader go ahead, so that the stream stays where it is. */
  private async guesses(): Promise<MotionGuess[]> {
    const decoder = this.decoder.copy();
    const reader = new FeatureReader({ fps: this.model.shape.fps, start: this.reader.place });
    const follower = this.follower?.copy();
    const guesses: MotionGuess[] = [];
    for (const block of [...this.foreseen.keys()].sort((a, b) => a - b)) {
      this.signal.throwIfAborted();
      const free = reader.read(await decoder.push(this.foreseen.get(block)!));
      const clip = follower?.steer(free) ?? free;
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
    this.rebase();
  }

  /** Velocities of blocks, beside the one that was finished last, whose keys and values are kept. */
  private async see(active: readonly number[]): Promise<Float32Array> {
    const { history } = this.options;
    const { shape, programs, graphs } = this.model;
    const { block } = shape.network;
    const shown = this.finished === null ? [] : [this.finished];
    const all = [...shown, ...active];
    const times = [...shown.map(() => 1), ...active.map((b) => this.timeOf(b, this.tick))];
    const place = this.finished === null ? 0 : (this.finished % this.slots) * block;
    if (this.finished !== null) this.cache.forget(place, block);
    const per = block * shape.codec.latent;
    const state = new Float32Array(all.length * per);
    all.forEach((b, i) => void state.set(i < shown.length ? this.presented(b) : this.tokensOf(b), i * per));
    const { velocity, keys, values } = await programs.run(
      `step ${all.length} ${this.cache.axes.places}`,
      graphs.step(all.length, this.cache.axes.places),
      this.rows,
      {
        state: this.repeated(state),
        times: this.repeated(Float32Array.from(times, (t, i) => (i < shown.length ? 1 - history : t))),
        positions: Float32Array.from({ length: all.length * block }, (_, i) => this.positionOf(all, i)),
        ...(await this.remembered()),
        read: this.readMask(all.length),
        pastKeys: this.cache.keys,
        pastValues: this.cache.values,
        seen: this.seenMask(times),
      },
    );
    if (this.finished !== null) {
      this.cache.put(place, block, keys, values);
      this.blocks.delete(this.finished);
      this.finished = null;
    }
    return this.guide(velocity).subarray(shown.length * per);
  }

  private guide(velocity: Float32Array): Float32Array {
    if (!this.guided) return velocity;
    const half = velocity.length / 2;
    return guided(velocity.subarray(half), velocity.subarray(0, half), this.strength);
  }

  /** A finished block as the network is shown it: with as much noise as history has. */
  private presented(block: number): Float32Array {
    const { history } = this.options;
    const tokens = this.tokensOf(block);
    if (history === 0) return tokens;
    const noise = this.random.split("history").split(block).normals(tokens.length);
    return tokens.map((x, i) => (1 - history) * x + history * noise[i]);
  }

  private positionOf(all: readonly number[], token: number): number {
    const { block } = this.model.shape.network;
    return all[Math.floor(token / block)] * block + (token % block) - this.base;
  }

  private rebase(): void {
    const { block } = this.model.shape.network;
    const now = this.given * block - this.base;
    if (now < REBASE) return;
    this.cache.shift(now);
    this.base += now;
  }

  /** The same for every row. */
  private repeated<A extends Float32Array | Int32Array | Uint8Array>(values: A): A {
    if (this.rows === 1) return values;
    const out = new (values.constructor as new (length: number) => A)(this.rows * values.length);
    for (let r = 0; r < this.rows; r++) out.set(values, r * values.length);
    return out;
  }

  /** What the layers know of the present text. */
  private async remembered(): Promise<{ keys: Float32Array; values: Float32Array }> {
    if (this.memory) return this.memory;
    const { graphs, programs } = this.model;
    const { rows, signs } = this.read;
    const keep = new Float32Array(this.rows);
    keep[0] = this.words ? 1 : 0;
    const words = { words: this.repeated(rows), signs: this.repeated(signs), keep };
    this.memory = await programs.run("memory 1", graphs.memory(1), this.rows, words);
    return this.memory;
  }

  private readMask(blocks: number): Uint8Array {
    const { network, text } = this.model.shape;
    const captions = new Array<number>(blocks).fill(0);
    return this.repeated(textMask({ captions }, { signs: this.read.signs, length: text.length }, network.block));
  }

  /** Everybody sees the cache, and of the others what `selfMask` says. */
  private seenMask(times: readonly number[]): Uint8Array {
    const { network } = this.model.shape;
    const { held } = this.cache;
    const own = selfMask({ times }, network);
    const tokens = times.length * network.block;
    const mask = new Uint8Array(tokens * (held.length + tokens));
    for (let i = 0; i < tokens; i++) {
      mask.set(held, i * (held.length + tokens));
      mask.set(own.subarray(i * tokens, (i + 1) * tokens), i * (held.length + tokens) + held.length);
    }
    return mask;
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
