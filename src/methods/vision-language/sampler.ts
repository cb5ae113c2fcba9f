import type { Random } from "../../random/index.js";
import { END } from "./network.js";

/** A token, and how likely it was. */
export interface Drawn {
  token: number;
  probability: number;
}

/**
 * The next token by its logits [K]: the likeliest at temperature 0, else drawn from softmax(logits / temperature). Its
 * probability is that at temperature 1.
 */
export function drawToken(logits: Float32Array, temperature: number, random: Random): Drawn {
  const most = logits.reduce((a, b) => Math.max(a, b));
  const weights = (divisor: number) => Float64Array.from(logits, (value) => Math.exp((value - most) / divisor));
  const plain = weights(1);
  const probabilityOf = (token: number) => plain[token] / plain.reduce((a, b) => a + b);
  if (temperature === 0) {
    const token = logits.indexOf(most);
    return { token, probability: probabilityOf(token) };
  }
  const scaled = weights(temperature);
  let left = random.uniform() * scaled.reduce((a, b) => a + b);
  const found = scaled.findIndex((value) => (left -= value) < 0);
  const token = found < 0 ? scaled.findLastIndex((value) => value > 0) : found;
  return { token, probability: probabilityOf(token) };
}

/** Rows of tokens that are written one after the other: where each stands, and whether it has ended. */
export class Writing {
  /** [N, L] */
  readonly tokens: Int32Array;
  private readonly places: number[];
  private readonly ended: boolean[];
  /** What was drawn of each answer so far, with its end. */
  readonly drawn: Drawn[][];

  constructor(
    beginnings: readonly (readonly number[])[],
    private readonly length: number,
  ) {
    this.tokens = new Int32Array(beginnings.length * length).fill(END);
    for (const [i, beginning] of beginnings.entries()) this.tokens.set(beginning, i * length);
    this.places = beginnings.map((beginning) => beginning.length);
    this.ended = beginnings.map(() => false);
    this.drawn = beginnings.map(() => []);
  }

  get done(): boolean {
    return this.ended.every((ended) => ended);
  }

  /** Writes one token of each row that goes on, by logits [N, L, K]; a row that is full ends. */
  step(logits: Float32Array, draw: (logits: Float32Array, row: number) => Drawn): void {
    const states = logits.length / this.tokens.length;
    for (const [row, place] of this.places.entries()) {
      if (this.ended[row]) continue;
      const at = (row * this.length + place - 1) * states;
      const drawn = draw(logits.subarray(at, at + states), row);
      const { token } = drawn;
      this.drawn[row].push(drawn);
      if (token !== END && place < this.length) this.tokens[row * this.length + place] = token;
      this.places[row]++;
      this.ended[row] = token === END || place >= this.length;
    }
  }
}

/** The tokens of an answer without its end, whether it has one, and how likely all of it was. */
export function answerOf(drawn: readonly Drawn[]) {
  const tokens = drawn.map(({ token }) => token);
  const ended = tokens.at(-1) === END;
  const probability = drawn.reduce((product, one) => product * one.probability, 1);
  return { tokens: ended ? tokens.slice(0, -1) : tokens, ended, probability };
}
