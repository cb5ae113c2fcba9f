import { SAMPLE_RATE } from "fewstep/browser";

/** Seconds of sound that are kept, and loudness values of a second. */
const KEPT = 30;
export const PEAKS_PER_SECOND = 50;
const PER = SAMPLE_RATE / PEAKS_PER_SECOND;

/** What one person has said, as it was given to the model: the newest seconds. */
export class Tape {
  /** Numbers of the first sample that is kept, and of the one after the last. */
  from = 0;
  end = 0;
  #samples = new Float32Array(KEPT * SAMPLE_RATE);
  /** The largest amplitude in each 20 ms from the beginning on, and how probable speech is in each frame. */
  readonly peaks: number[] = [];
  readonly speech: number[] = [];

  push(samples: Float32Array): void {
    const room = this.#samples.length;
    const shift = Math.max(0, this.end - this.from + samples.length - room);
    if (shift > 0) {
      this.#samples.copyWithin(0, shift);
      this.from += shift;
    }
    this.#samples.set(samples, this.end - this.from);
    for (const value of samples) {
      const place = Math.floor(this.end++ / PER);
      this.peaks[place] = Math.max(this.peaks[place] ?? 0, Math.abs(value));
    }
  }

  /** Samples `from` … `to` − 1, of which those that are not kept are silent. */
  slice(from: number, to: number): Float32Array<ArrayBuffer> {
    const out = new Float32Array(to - from);
    const first = Math.max(from, this.from);
    if (first < to) out.set(this.#samples.subarray(first - this.from, to - this.from), first - from);
    return out;
  }
}
