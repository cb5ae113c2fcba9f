import { requireFinite } from "./finite.js";
import { SAMPLE_RATE } from "./parts.js";

/** A sample this near to the range's end is at it. */
const CLIPPED = 0.999;
/** A largest sample beyond this is no clipping at 1: floating-point files have no end of the range. */
const BEYOND = 1.001;
/** Worth saying: that part of the samples clipped, a mean so far from 0, a peak so low (−60 dB). */
const [MANY_CLIPPED, OFF_CENTRE, SILENT] = [1e-4, 0.01, 1e-3];

/** What somebody should know of a sound before it is used, learnt while it passes by. */
export class SoundCheck {
  /** Samples so far, at their own rate. */
  samples = 0;
  private clipped = 0;
  private sum = 0;
  private lowest = Number.POSITIVE_INFINITY;
  private highest = Number.NEGATIVE_INFINITY;

  /** `name` is what notes and errors call the sound. */
  constructor(
    private readonly name: string,
    private readonly rate = SAMPLE_RATE,
  ) {}

  /** Takes the next samples. @throws where one is not finite. */
  push(samples: Float32Array): void {
    requireFinite(samples, this.samples, this.rate, this.name);
    let { sum, lowest, highest, clipped } = this;
    for (let i = 0; i < samples.length; i++) {
      const sample = samples[i];
      sum += sample;
      if (sample > highest) highest = sample;
      if (sample < lowest) lowest = sample;
      if (sample >= CLIPPED || sample <= -CLIPPED) clipped++;
    }
    Object.assign(this, { sum, lowest, highest, clipped });
    this.samples += samples.length;
  }

  /** The mean of all samples. */
  get mean(): number {
    return this.samples === 0 ? 0 : this.sum / this.samples;
  }

  /** Farthest that a sample lies from the mean. */
  get peak(): number {
    return this.samples === 0 ? 0 : Math.max(this.highest - this.mean, this.mean - this.lowest);
  }

  /** Sentences on silence, clipping and a mean that is not 0; none where there is nothing to say. */
  notes(): string[] {
    const { name, samples, mean, peak } = this;
    if (samples === 0) return [`${name} has no samples.`];
    if (peak < SILENT)
      return [`${name} is silent: nothing in it is louder than ${peak === 0 ? "0" : peak.toExponential(1)} of 1.`];
    const largest = Math.max(this.highest, -this.lowest);
    const share = this.clipped / samples;
    return [
      ...(largest > BEYOND
        ? [`${name} goes up to ${largest.toPrecision(3)}, beyond ±1; it is made softer to fit.`]
        : []),
      ...(largest <= BEYOND && share > MANY_CLIPPED
        ? [
            `${name} is clipped: ${(100 * share).toPrecision(2)} % of its samples are at the end of the range. Record it at a lower level.`,
          ]
        : []),
      ...(Math.abs(mean) > OFF_CENTRE
        ? [`${name} has a mean of ${mean.toFixed(3)} instead of 0; it is taken out.`]
        : []),
    ];
  }
}

/** What somebody should know of a sound: silence, clipping, a mean that is not 0. @throws where a sample is not finite. */
export function soundNotes(samples: Float32Array, name = "The sound"): string[] {
  const check = new SoundCheck(name);
  check.push(samples);
  return check.notes();
}

/**
 * The factor that brings the louder of two speakers to a peak of 1, their means taken out; 1 where both are silent. It
 * is one for both, because who is louder says something.
 * @throws where a sample is not finite.
 */
export function commonGain(a: Float32Array, b: Float32Array): number {
  const peaks = [a, b].map((samples, i) => {
    const check = new SoundCheck(`The sound of speaker ${i + 1}`);
    check.push(samples);
    return check.peak;
  });
  const peak = Math.max(...peaks);
  return peak > 0 ? 1 / peak : 1;
}
