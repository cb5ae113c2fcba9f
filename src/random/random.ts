import { manyNormals } from "./many.js";
import { inverseNormal } from "./normal.js";
import { philox4x32 } from "./philox.js";

/** Where a generator stands; plain JSON. */
export interface RandomState {
  /** Philox key: the seed, or what `split` derived. Two 32-bit words. */
  key: [number, number];
  /** Upper half of the Philox counter: 0, or what `split` derived. Two 32-bit words. */
  stream: [number, number];
  /** 32-bit words drawn so far. */
  position: number;
}

const TWO_32 = 2 ** 32;
/** From so many normals on they are drawn together. */
const MANY = 16;

/**
 * Seeded random numbers from Philox4x32-10 in counter mode.
 *
 * The same seed and calls give the same bits on every platform and engine, for integers, uniforms and normals alike:
 * only integer arithmetic and IEEE 754 + − × ÷ √ are used. A generator is its key, its stream and a position, so its
 * state is a few numbers and resuming is exact. Each normal takes two words and nothing is cached, so the first n of a
 * longer draw equal a shorter one.
 */
export class Random {
  private readonly key = new Uint32Array(2);
  private readonly stream = new Uint32Array(2);
  private readonly block = new Uint32Array(4);
  private blockIndex = -1;
  private position = 0;

  /**
   * @param seed An integer in [−2^63, 2^64), taken modulo 2^64. A `number` must be a safe integer.
   * @param stream With a label, the same as `new Random(seed).split(stream)`.
   */
  constructor(seed: number | bigint, stream?: number | string) {
    if (typeof seed === "number" && !Number.isSafeInteger(seed))
      throw new Error(`A seed must be an integer, got ${seed}. Beyond 2^53, pass a bigint.`);
    const value = BigInt(seed);
    if (value < -(2n ** 63n) || value >= 2n ** 64n) throw new Error(`A seed has at most 64 bits, got ${seed}.`);
    this.key.set(words(BigInt.asUintN(64, value)));
    if (stream !== undefined) this.derive(stream);
  }

  /** An integer, uniform in [0, 2^32). */
  uint32(): number {
    const index = Math.floor(this.position / 4);
    if (index !== this.blockIndex) {
      const { key, stream } = this;
      philox4x32(this.block, index | 0, Math.floor(index / TWO_32), stream[0], stream[1], key[0], key[1]);
      this.blockIndex = index;
    }
    return this.block[this.position++ & 3];
  }

  /** A float64 with 53 random bits, uniform in [0, 1). */
  uniform(): number {
    return ((this.uint32() >>> 5) * 2 ** 26 + (this.uint32() >>> 6)) * 2 ** -53;
  }

  /** An integer, uniform in [0, n) without bias. `n` is an integer in [1, 2^53]. */
  integer(n: number): number {
    if (!(Number.isInteger(n) && n >= 1 && n <= 2 ** 53))
      throw new Error(`integer(n) takes an integer n in [1, 2^53], got ${n}.`);
    if (n <= TWO_32) {
      const limit = TWO_32 - (TWO_32 % n);
      for (;;) {
        const value = this.uint32();
        if (value < limit) return value % n;
      }
    }
    const limit = 2 ** 53 - (2 ** 53 % n);
    for (;;) {
      const value = this.uniform() * 2 ** 53;
      if (value < limit) return value % n;
    }
  }

  /** A float64 from the standard normal distribution, by inversion of a 52-bit uniform; |z| < 8.3. */
  normal(): number {
    return inverseNormal((this.uint32() * 2 ** 20 + (this.uint32() >>> 12) + 0.5) * 2 ** -52);
  }

  /** Fills `out` with standard normals: the same numbers as `out.length` calls of `normal`, rounded to float32. */
  fillNormal(out: Float32Array): Float32Array {
    const fill = out.length >= MANY ? manyNormals() : null;
    if (fill) {
      const { key, stream, position } = this;
      fill(out, { key, stream, position });
      this.skipNormals(out.length);
      return out;
    }
    for (let i = 0; i < out.length; i++) out[i] = this.normal();
    return out;
  }

  /** Fills `out` with 24-bit uniforms in [0, 1), exact in float32; one word each. */
  fillUniform(out: Float32Array): Float32Array {
    for (let i = 0; i < out.length; i++) out[i] = (this.uint32() >>> 8) * 2 ** -24;
    return out;
  }

  /** `count` standard normals. */
  normals(count: number): Float32Array {
    return this.fillNormal(new Float32Array(count));
  }

  /** Goes on as if `count` normals had been drawn. */
  skipNormals(count: number): this {
    this.position += 2 * count;
    return this;
  }

  /** The integers 0..n−1 in uniformly random order (Fisher–Yates). */
  permutation(n: number): Uint32Array {
    const order = new Uint32Array(n);
    for (let i = 0; i < n; i++) order[i] = i;
    for (let i = n - 1; i > 0; i--) {
      const j = this.integer(i + 1);
      const swapped = order[i];
      order[i] = order[j];
      order[j] = swapped;
    }
    return order;
  }

  /** One of `items`, all equally likely. */
  choice<T>(items: ArrayLike<T>): T {
    if (items.length === 0) throw new Error("choice needs at least one item.");
    return items[this.integer(items.length)];
  }

  /**
   * An independent generator named by `label` (3 and "3" are one label). It depends on this one's seed and labels but
   * not on how much was drawn, and does not advance it.
   */
  split(label: string | number): Random {
    const child = Random.fromState({ ...this.state(), position: 0 });
    child.derive(label);
    return child;
  }

  /** A snapshot to store; `Random.fromState` continues with exactly the next number. */
  state(): RandomState {
    return { key: [this.key[0], this.key[1]], stream: [this.stream[0], this.stream[1]], position: this.position };
  }

  /** Goes to a state stored before. Throws, and stays as it is, where that is none. */
  load({ key, stream, position }: RandomState): void {
    const isWords = (pair: unknown): pair is number[] =>
      Array.isArray(pair) && pair.length === 2 && pair.every((w) => Number.isInteger(w) && w >= 0 && w < TWO_32);
    if (!isWords(key) || !isWords(stream) || !(Number.isSafeInteger(position) && position >= 0))
      throw new Error(`This is no state of a generator: ${JSON.stringify({ key, stream, position })}.`);
    this.key.set(key);
    this.stream.set(stream);
    this.position = position;
    this.blockIndex = -1;
  }

  static fromState(state: RandomState): Random {
    const random = new Random(0);
    random.load(state);
    return random;
  }

  /** Key and stream become one Philox block of (hash of the label, old stream) under the old key. */
  private derive(label: string | number): void {
    const [low, high] = words(fnv1a64(String(label)));
    philox4x32(
      this.block,
      low,
      high,
      this.stream[0] ^ 0x53504c49,
      this.stream[1] ^ 0x54000000,
      this.key[0],
      this.key[1],
    );
    this.key.set(this.block.subarray(0, 2));
    this.stream.set(this.block.subarray(2, 4));
    this.blockIndex = -1;
  }
}

const words = (value: bigint): [number, number] => [Number(value & 0xffffffffn), Number(value >> 32n)];

/** FNV-1a, 64 bits, of the UTF-8 bytes of `text`. */
function fnv1a64(text: string): bigint {
  let hash = 0xcbf29ce484222325n;
  for (const byte of new TextEncoder().encode(text)) hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n);
  return hash;
}
