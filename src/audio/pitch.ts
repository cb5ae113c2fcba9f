import FFT from "fft.js";
import { SAMPLE_RATE } from "./parts.js";
import { WINDOW } from "./spectrum.js";

/** Lowest and highest pitch in Hz. */
export const [LOWEST_PITCH, HIGHEST_PITCH] = [60, 400];

const LONGEST = Math.ceil(SAMPLE_RATE / LOWEST_PITCH);
const SHORTEST = Math.floor(SAMPLE_RATE / HIGHEST_PITCH);
/** Samples that are compared with those a period later; the longest period reaches exactly to the window's end. */
const COMPARED = WINDOW - LONGEST - 1;

/**
 * How different a period may be from the next (0: the same, 1: unrelated) for the first that is no more to be taken, and
 * for the best of all where none is; how loud the sound's rms is at least.
 */
const [ALIKE, DIFFERENT, QUIETEST] = [0.2, 0.4, 0.003];

/**
 * Finds the pitch of a voice as YIN does (de Cheveigné and Kawahara, 2002): the shortest period after which the sound
 * repeats itself, refined by a parabola.
 */
export class PitchFinder {
  private readonly fft = new FFT(WINDOW);
  private readonly start = new Float64Array(WINDOW);
  private readonly whole = new Float64Array(WINDOW);
  private readonly spectra = [0, 1].map(() => new Float64Array(2 * WINDOW));
  private readonly correlation = new Float64Array(2 * WINDOW);
  private readonly difference = new Float64Array(LONGEST + 2);

  /** The pitch in Hz of `WINDOW` samples from `at` on; 0 where they have none. */
  find(samples: Float32Array, at: number): number {
    let energy = 0;
    for (let i = 0; i < WINDOW; i++) {
      const sample = samples[at + i];
      this.whole[i] = sample;
      if (i < COMPARED) energy += sample * sample;
      this.start[i] = i < COMPARED ? sample : 0;
    }
    if (energy < COMPARED * QUIETEST ** 2) return 0;
    this.compare(energy);
    return this.firstDip();
  }

  /** Fills `difference` with YIN's cumulative mean normalised difference of every period. */
  private compare(energy: number): void {
    const { fft, whole, start, correlation, difference } = this;
    const [a, b] = this.spectra;
    fft.realTransform(a, start);
    fft.realTransform(b, whole);
    fft.completeSpectrum(a);
    fft.completeSpectrum(b);
    for (let i = 0; i < 2 * WINDOW; i += 2) {
      const [re, im] = [a[i] * b[i] + a[i + 1] * b[i + 1], a[i] * b[i + 1] - a[i + 1] * b[i]];
      b[i] = re;
      b[i + 1] = im;
    }
    fft.inverseTransform(correlation, b);
    difference[0] = 1;
    let [moved, sum] = [energy, 0];
    for (let period = 1; period < difference.length; period++) {
      moved += whole[COMPARED + period - 1] ** 2 - whole[period - 1] ** 2;
      const apart = Math.max(0, energy + moved - 2 * correlation[2 * period]);
      sum += apart;
      difference[period] = sum > 0 ? (apart * period) / sum : 1;
    }
  }

  /** The period with the least difference. */
  private best(): number {
    let best = SHORTEST;
    for (let period = SHORTEST; period <= LONGEST; period++)
      if (this.difference[period] < this.difference[best]) best = period;
    return best;
  }

  private firstDip(): number {
    const { difference } = this;
    let period = SHORTEST;
    while (period <= LONGEST && difference[period] >= ALIKE) period++;
    if (period > LONGEST) period = this.best();
    if (difference[period] >= DIFFERENT) return 0;
    while (period < LONGEST && difference[period + 1] < difference[period]) period++;
    const [before, here, after] = [difference[period - 1], difference[period], difference[period + 1]];
    const curve = before - 2 * here + after;
    const shift = curve > 0 ? Math.max(-0.5, Math.min(0.5, (before - after) / (2 * curve))) : 0;
    const pitch = SAMPLE_RATE / (period + shift);
    return pitch >= LOWEST_PITCH && pitch <= HIGHEST_PITCH ? pitch : 0;
  }
}

/** The median of the last `most` values, kept sorted. */
export class RunningMedian {
  private readonly arrived: Float64Array;
  private readonly sorted: Float64Array;
  private count = 0;

  constructor(private readonly most: number) {
    this.arrived = new Float64Array(most);
    this.sorted = new Float64Array(most);
  }

  /** Takes a value and returns the median of the last ones, it among them. */
  push(value: number): number {
    const { arrived, sorted, most } = this;
    let length = Math.min(this.count, most);
    if (length === most) {
      const oldest = sorted.indexOf(arrived[this.count % most]);
      sorted.copyWithin(oldest, oldest + 1, length--);
    }
    let place = length;
    while (place > 0 && sorted[place - 1] > value) sorted[place] = sorted[--place];
    sorted[place] = value;
    arrived[this.count++ % most] = value;
    const middle = length >> 1;
    return length % 2 === 0 ? sorted[middle] : (sorted[middle] + sorted[middle + 1]) / 2;
  }
}
