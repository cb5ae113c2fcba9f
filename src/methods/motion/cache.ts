/** Base of the rotary positions. */
const BASE = 1e4;

/** Axes of a cache: rows, layers, heads, places, numbers of a head. */
export interface CacheAxes {
  readonly rows: number;
  readonly layers: number;
  readonly heads: number;
  readonly places: number;
  readonly depth: number;
}

/**
 * Keys and values of tokens that no longer change, in a ring: a new block takes the place of the oldest. Where a key
 * stands in memory says nothing, as its position is turned into it.
 */
export class TokenCache {
  readonly keys: Float32Array;
  readonly values: Float32Array;
  /** 1 for places that hold a token. */
  readonly held: Uint8Array;

  constructor(readonly axes: CacheAxes) {
    const { rows, layers, heads, places, depth } = axes;
    this.keys = new Float32Array(rows * layers * heads * places * depth);
    this.values = new Float32Array(this.keys.length);
    this.held = new Uint8Array(places);
  }

  /** Forgets what stands from `place` on. */
  forget(place: number, count: number): void {
    this.held.fill(0, place, place + count);
  }

  /** Takes the first `count` tokens of keys and values [rows, layers, heads, n, depth] to `place` and the places behind it. */
  put(place: number, count: number, keys: Float32Array, values: Float32Array): void {
    const { places, depth } = this.axes;
    const lists = this.keys.length / places / depth;
    const n = keys.length / lists / depth;
    for (let i = 0; i < lists; i++) {
      const to = (i * places + place) * depth;
      this.keys.set(keys.subarray(i * n * depth, (i * n + count) * depth), to);
      this.values.set(values.subarray(i * n * depth, (i * n + count) * depth), to);
    }
    this.held.fill(1, place, place + count);
  }

  /** Moves all positions down by `by` tokens, so that the angles of a long stream stay small. */
  shift(by: number): void {
    const { depth } = this.axes;
    const half = depth / 2;
    for (let i = 0; i < half; i++) {
      const angle = -by * BASE ** (-i / half);
      const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
      for (let at = i; at < this.keys.length; at += depth) {
        const [a, b] = [this.keys[at], this.keys[at + half]];
        this.keys[at] = a * cos - b * sin;
        this.keys[at + half] = b * cos + a * sin;
      }
    }
  }
}
