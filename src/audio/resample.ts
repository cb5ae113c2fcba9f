import { SampleQueue } from "./samples.js";

/** Zeros of the sinc on either side, at the lower of the two rates. */
const ZEROS = 32;
/** Where the filter is at half height, as a part of the lower rate's half. */
const EDGE = 0.945;
/** Shape of the Kaiser window: what must not pass is 90 dB down. */
const BETA = 8.96;

/** Rates that can be read, in Hz. */
export const [LOWEST_RATE, HIGHEST_RATE] = [4000, 384000];

/**
 * Brings a sound that arrives bit by bit from one rate to another by a windowed sinc: sample n of the result is the
 * sound at n / `to` seconds. However it is cut into pieces, the result is the same, bit for bit.
 */
export class Resampler {
  private readonly input = new SampleQueue();
  /** Steps of the input, and of the output, in which both rates are whole. */
  private readonly up: number;
  private readonly down: number;
  /** Samples of the input that the filter reaches to either side. */
  private readonly reach: number;
  private readonly filters: (Float64Array | undefined)[] = [];
  private made = 0;

  /** @throws where a rate is not a whole number of Hz in 4000…384000. */
  constructor(
    private readonly from: number,
    private readonly to: number,
  ) {
    for (const rate of [from, to])
      if (!(Number.isInteger(rate) && rate >= LOWEST_RATE && rate <= HIGHEST_RATE))
        throw new Error(`A sound has a whole number of samples a second, ${LOWEST_RATE}…${HIGHEST_RATE}; got ${rate}.`);
    const common = greatestCommon(from, to);
    [this.up, this.down] = [to / common, from / common];
    this.reach = from === to ? 0 : Math.ceil((ZEROS * Math.max(from, to)) / to);
    this.input.grow(this.reach).fill(0);
    this.input.start = -this.reach;
  }

  /** Takes the next samples; returns those of the result that they make certain. */
  push(samples: Float32Array): Float32Array {
    this.input.grow(samples.length).set(samples);
    // sample n reads the input up to floor(n · down / up) + reach
    const certain = Math.ceil(((this.input.end - this.reach) * this.up) / this.down);
    return this.make(Math.max(0, certain - this.made));
  }

  /** The sound has ended: what is left. The result has floor(samples · to / from) samples in all. */
  end(): Float32Array {
    const all = Math.floor((this.input.end * this.up) / this.down + 1e-9);
    this.input.grow(this.reach + 1).fill(0);
    return this.make(Math.max(0, all - this.made));
  }

  private make(count: number): Float32Array {
    const result = new Float32Array(count);
    const { data } = this.input;
    for (let i = 0; i < count; i++) {
      const position = (this.made + i) * this.down;
      const phase = position % this.up;
      const filter = (this.filters[phase] ??= this.filterOf(phase));
      const first = this.input.place((position - phase) / this.up - this.reach);
      let sum = 0;
      for (let tap = 0; tap < filter.length; tap++) sum += filter[tap] * data[first + tap];
      result[i] = sum;
    }
    this.made += count;
    this.input.dropBefore(Math.floor((this.made * this.down) / this.up) - this.reach);
    return result;
  }

  /** The filter for results that lie `phase`/`up` after a sample of the input; its taps add up to 1. */
  private filterOf(phase: number): Float64Array {
    if (this.reach === 0) return Float64Array.of(1);
    const scale = Math.min(1, this.to / this.from);
    const taps = new Float64Array(2 * this.reach + 1);
    for (let tap = 0; tap < taps.length; tap++) {
      const distance = (tap - this.reach - phase / this.up) * scale;
      const angle = Math.PI * distance * EDGE;
      const inside = Math.max(0, 1 - (distance / ZEROS) ** 2);
      taps[tap] = (angle === 0 ? 1 : Math.sin(angle) / angle) * (inside > 0 ? bessel(BETA * Math.sqrt(inside)) : 0);
    }
    const sum = taps.reduce((a, b) => a + b, 0);
    return taps.map((tap) => tap / sum);
  }
}

/** A whole sound at another rate: floor(samples · to / from) samples. @throws where a rate cannot be. */
export function resample(samples: Float32Array, from: number, to: number): Float32Array {
  const resampler = new Resampler(from, to);
  const [most, last] = [resampler.push(samples), resampler.end()];
  const whole = new Float32Array(most.length + last.length);
  whole.set(most);
  whole.set(last, most.length);
  return whole;
}

const greatestCommon = (a: number, b: number): number => (b === 0 ? a : greatestCommon(b, a % b));

/** The modified Bessel function of the first kind and order 0. */
function bessel(x: number): number {
  let [sum, term] = [1, 1];
  for (let k = 1; term > 1e-12 * sum; k++) {
    term *= (x / (2 * k)) ** 2;
    sum += term;
  }
  return sum;
}
