import type { Random } from "../../random/index.js";
import type { TokenizerShape } from "./shape.js";

/** How much of a codebook is kept at a step, and what keeps counts above 0. */
const DECAY = 0.99;
const LAPLACE = 1e-5;
/** A code that fewer vectors come to than this share of the mean is dead, and is moved to a vector of the batch. */
const DEAD = 0.05;
const ROUNDS = 8;

/** A batch of latents, quantised. */
export interface Quantised {
  /** Codes [n, levels]. */
  readonly codes: ArrayLike<number>;
  /** Sums of the first 1 … levels codes' vectors, [n, levels, latent]. */
  readonly sums: Float32Array;
}

/** The row of `codes` rows of `width` numbers that is nearest to a vector. */
function nearest(book: Float32Array, width: number, vector: Float32Array): number {
  let [best, least] = [0, Number.POSITIVE_INFINITY];
  for (let code = 0, at = 0; at < book.length; code++) {
    let distance = 0;
    for (let j = 0; j < width; j++, at++) distance += (vector[j] - book[at]) ** 2;
    if (distance < least) [best, least] = [code, distance];
  }
  return best;
}

/**
 * Residual vector quantisation: each codebook has vectors of what the ones before it leave. `books` [levels, codes,
 * latent] is changed in place by `learn`.
 */
export class Codebooks {
  private readonly counts: Float32Array;
  private readonly totals: Float32Array;
  /** Whether it has been started from data. */
  begun = false;

  constructor(
    private readonly shape: TokenizerShape,
    readonly books: Float32Array,
  ) {
    this.counts = new Float32Array(shape.levels * shape.codes);
    this.totals = new Float32Array(books.length);
  }

  /** The codebook of a level, a view. */
  private book(level: number): Float32Array {
    const size = this.shape.codes * this.shape.latent;
    return this.books.subarray(level * size, (level + 1) * size);
  }

  /** The nearest codes of latents [n, latent], level by level. */
  quantise(latents: Float32Array): Quantised {
    const { levels, latent } = this.shape;
    const count = latents.length / latent;
    const codes = new Int32Array(count * levels);
    const sums = new Float32Array(count * levels * latent);
    const rest = latents.slice();
    for (let i = 0; i < count; i++) {
      const own = rest.subarray(i * latent, (i + 1) * latent);
      for (let level = 0; level < levels; level++) {
        const book = this.book(level);
        const code = nearest(book, latent, own);
        codes[i * levels + level] = code;
        for (let j = 0; j < latent; j++) {
          own[j] -= book[code * latent + j];
          sums[(i * levels + level) * latent + j] = latents[i * latent + j] - own[j];
        }
      }
    }
    return { codes, sums };
  }

  /** Latents [n, latent] as the sums of all levels' nearest vectors. */
  snap(latents: Float32Array): Float32Array {
    const { levels, latent } = this.shape;
    const { sums } = this.quantise(latents);
    return latents.map((_, i) => sums[(Math.floor(i / latent) * levels + levels - 1) * latent + (i % latent)]);
  }

  /** Begins by k-means of latents, level by level. */
  begin(latents: Float32Array, random: Random): void {
    const { levels, codes, latent } = this.shape;
    const rest = latents.slice();
    for (let level = 0; level < levels; level++) {
      const book = this.book(level);
      kMeans(rest, latent, book, random);
      const counts = this.counts.subarray(level * codes, (level + 1) * codes).fill(0);
      subtract(rest, latent, book, counts);
      for (let at = 0; at < book.length; at++)
        this.totals[level * book.length + at] = book[at] * Math.max(1, counts[Math.floor(at / latent)]);
      counts.forEach((count, code) => void (counts[code] = Math.max(1, count)));
    }
    this.begun = true;
  }

  /** Moves each code towards the mean of the latents that came to it; dead ones are set to latents of the batch. */
  learn(latents: Float32Array, { codes, sums }: Quantised, random: Random): void {
    const { levels, latent, codes: size } = this.shape;
    const count = latents.length / latent;
    const rest = (i: number, level: number, j: number) =>
      latents[i * latent + j] - (level === 0 ? 0 : sums[(i * levels + level - 1) * latent + j]);
    this.counts.forEach((value, i) => void (this.counts[i] = value * DECAY));
    this.totals.forEach((value, i) => void (this.totals[i] = value * DECAY));
    for (let i = 0; i < count; i++)
      for (let level = 0; level < levels; level++) {
        const row = level * size + codes[i * levels + level];
        this.counts[row] += 1 - DECAY;
        for (let j = 0; j < latent; j++) this.totals[row * latent + j] += (1 - DECAY) * rest(i, level, j);
      }
    const dead = (DEAD * count) / size;
    for (let level = 0; level < levels; level++) {
      const all = this.counts.subarray(level * size, (level + 1) * size).reduce((a, b) => a + b, 0);
      for (let code = 0; code < size; code++) {
        const row = level * size + code;
        if (this.counts[row] < dead) {
          const i = random.integer(count);
          this.counts[row] = Math.max(dead, all / size);
          for (let j = 0; j < latent; j++) this.totals[row * latent + j] = rest(i, level, j) * this.counts[row];
        }
        const smooth = ((this.counts[row] + LAPLACE) / (all + size * LAPLACE)) * all;
        for (let j = 0; j < latent; j++) this.books[row * latent + j] = this.totals[row * latent + j] / smooth;
      }
    }
  }

  state() {
    const { books, counts, totals, begun } = this;
    return { books: books.slice(), counts: counts.slice(), totals: totals.slice(), begun };
  }

  load(state: ReturnType<Codebooks["state"]>): void {
    this.books.set(state.books);
    this.counts.set(state.counts);
    this.totals.set(state.totals);
    this.begun = state.begun;
  }
}

/** Takes each vector's nearest code off it, and counts who came to which. */
function subtract(rest: Float32Array, width: number, book: Float32Array, counts: Float32Array): void {
  for (let at = 0; at < rest.length; at += width) {
    const own = rest.subarray(at, at + width);
    const code = nearest(book, width, own);
    counts[code]++;
    for (let j = 0; j < width; j++) own[j] -= book[code * width + j];
  }
}

/** Lloyd's rounds from vectors drawn of the data; a code without vectors stays where it is. */
function kMeans(vectors: Float32Array, width: number, book: Float32Array, random: Random): void {
  const count = vectors.length / width;
  const codes = book.length / width;
  for (let code = 0; code < codes; code++) {
    const from = random.integer(count) * width;
    for (let j = 0; j < width; j++) book[code * width + j] = vectors[from + j] + 1e-4 * random.normal();
  }
  for (let round = 0; round < ROUNDS; round++) {
    const totals = new Float32Array(book.length);
    const counts = new Float32Array(codes);
    for (let at = 0; at < vectors.length; at += width) {
      const code = nearest(book, width, vectors.subarray(at, at + width));
      counts[code]++;
      for (let j = 0; j < width; j++) totals[code * width + j] += vectors[at + j];
    }
    for (let at = 0; at < book.length; at++) {
      const n = counts[Math.floor(at / width)];
      if (n > 0) book[at] = totals[at] / n;
    }
  }
}
