import { requireFinite } from "./finite.js";

/** The lowest peak that is brought to 1: the background of two who are silent stays low. */
const LEAST_PEAK = 0.05;

/** How far the samples of a voice so far lie from their mean. */
class RunningPeak {
  private sum = 0;
  private lowest = Number.POSITIVE_INFINITY;
  private highest = Number.NEGATIVE_INFINITY;

  /** Takes sample number `count`, the first being 1, and returns the farthest distance. */
  push(sample: number, count: number): number {
    this.sum += sample;
    if (sample > this.highest) this.highest = sample;
    if (sample < this.lowest) this.lowest = sample;
    const mean = this.sum / count;
    return Math.max(this.highest - mean, mean - this.lowest);
  }
}

/**
 * The common gain of two voices that arrive bit by bit. What is to come is not known, so each sample is multiplied by the
 * `commonGain` of all samples of both so far, its own included, but by 20 at most: it begins there and stays until
 * something is louder than 0.05. However the voices are cut into pieces, the gain is the same.
 */
export class RunningGain {
  private samples = 0;
  private readonly peaks = [new RunningPeak(), new RunningPeak()] as const;

  /**
   * The next samples of both, equally many, times the gain.
   * @throws where a sample is not finite; then none is taken.
   */
  apply(a: Float32Array, b: Float32Array): [Float32Array, Float32Array] {
    for (const [i, own] of [a, b].entries())
      requireFinite(own, this.samples, undefined, `The sound of speaker ${i + 1}`);
    const out: [Float32Array, Float32Array] = [new Float32Array(a.length), new Float32Array(a.length)];
    for (let i = 0; i < a.length; i++) {
      const count = ++this.samples;
      const gain = 1 / Math.max(LEAST_PEAK, this.peaks[0].push(a[i], count), this.peaks[1].push(b[i], count));
      out[0][i] = a[i] * gain;
      out[1][i] = b[i] * gain;
    }
    return out;
  }
}
