import { TokenCache } from "./cache.js";
import { LiveText } from "./live-text.js";
import { selfMask } from "./masks.js";
import { repeated } from "./repeated.js";
import { guided } from "./sampler.js";
import type { SessionModel } from "./session-model.js";

/** Tokens after which positions are counted anew. */
const REBASE = 1024;

/** A block as the network is shown it. */
export interface Shown {
  /** Of all blocks of the session. */
  readonly number: number;
  readonly tokens: Float32Array;
  /** 0 (noise) to 1 (clean). */
  readonly time: number;
}

/** A clean block, and how much noise its tokens have. */
export interface Finished extends Omit<Shown, "time"> {
  readonly history: number;
}

/**
 * The network of a session, which remembers the keys and values of blocks that are clean: a call looks at the blocks in the
 * making only, and gives what a call on everything would.
 */
export class LiveNetwork {
  readonly text: LiveText;
  private readonly cache: TokenCache;
  /** With guidance it draws twice: with the text, and without. */
  private readonly rows: 1 | 2;
  /** Tokens that positions are counted from. */
  private base = 0;

  /** @param slots Clean blocks that it looks at, at most */
  constructor(
    private readonly model: SessionModel,
    private readonly slots: number,
    isGuided: boolean,
  ) {
    const { network } = model.shape;
    this.rows = isGuided ? 2 : 1;
    this.text = new LiveText(model, this.rows);
    this.cache = new TokenCache({
      rows: this.rows,
      layers: network.blocks,
      heads: network.heads,
      places: slots * network.block,
      depth: network.width / network.heads,
    });
  }

  /** Velocities of blocks in the making, beside one that has become clean, whose keys and values are kept. */
  async see(active: readonly Shown[], finished: Finished | null, strength: number): Promise<Float32Array> {
    const { shape, programs, graphs } = this.model;
    const { block } = shape.network;
    const { cache } = this;
    const clean = finished ? [{ ...finished, time: 1 }] : [];
    const all: readonly Shown[] = [...clean, ...active];
    const place = finished ? (finished.number % this.slots) * block : 0;
    if (finished) cache.forget(place, block);
    const per = block * shape.codec.latent;
    const state = new Float32Array(all.length * per);
    all.forEach(({ tokens }, i) => void state.set(tokens, i * per));
    const times = Float32Array.from(all, ({ time }, i) => (i < clean.length ? 1 - clean[i].history : time));
    const { velocity, keys, values } = await programs.run(
      `step ${all.length} ${cache.axes.places}`,
      graphs.step(all.length, cache.axes.places),
      this.rows,
      {
        state: repeated(state, this.rows),
        times: repeated(times, this.rows),
        positions: Float32Array.from({ length: all.length * block }, (_, i) => this.positionOf(all, i)),
        ...(await this.text.remembered()),
        read: this.text.mask(all.length),
        pastKeys: cache.keys,
        pastValues: cache.values,
        seen: this.mask(all.map(({ time }) => time)),
      },
    );
    if (finished) cache.put(place, block, keys, values);
    return this.guide(velocity, strength).subarray(clean.length * per);
  }

  /** Forgets all clean blocks. */
  forget(): void {
    this.cache.forget(0, this.slots * this.model.shape.network.block);
  }

  /** Counts positions anew, from the block that comes next, where they have become large. */
  rebase(next: number): void {
    const now = next * this.model.shape.network.block - this.base;
    if (now < REBASE) return;
    this.cache.shift(now);
    this.base += now;
  }

  private guide(velocity: Float32Array, strength: number): Float32Array {
    if (this.rows === 1) return velocity;
    const half = velocity.length / 2;
    return guided(velocity.subarray(half), velocity.subarray(0, half), strength);
  }

  private positionOf(all: readonly Shown[], token: number): number {
    const { block } = this.model.shape.network;
    return all[Math.floor(token / block)].number * block + (token % block) - this.base;
  }

  /** Everybody sees the cache, and of the others what `selfMask` says. */
  private mask(times: readonly number[]): Uint8Array {
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
